"""Pulls that died: what they brought is nobody's to build on, and goes with the name that it came by.

That the next pull makes it good is proven by a kill (`tests/chaos/source_kills.py`).
"""

import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sotabox.engine.client import Engine
from sotabox.engine.images import Images
from sotabox.events import Bus
from sotabox.pipeline.credentials import Keyring
from sotabox.pipeline.image_pulls import ImagePulls
from sotabox.settings import Settings
from sotabox.store.store import Store

pytestmark = pytest.mark.engine


@pytest.fixture
async def images(docker_host: str, instance_id: str) -> AsyncIterator[Images]:
    engine = Engine(docker_host, instance_id)
    yield Images(engine)
    await engine.close()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = await Store.open(tmp_path / "box", Bus())
    yield store
    await store.close()


@pytest.fixture
def pulls(images: Images, store: Store) -> ImagePulls:
    keyring = Keyring(Settings(data_dir=store.folders.root), store)
    return ImagePulls(images, store.pulls, store.private_images, keyring)


async def test_image_of_a_pull_that_died_is_nobodys_and_goes(
    pulls: ImagePulls, images: Images, store: Store, busybox: str
) -> None:
    """Nobody builds on what credentials of another brought here, not even in a bad moment."""
    brought = f"sotabox-test/{secrets.token_hex(4)}:1"
    image = await images.exists(busybox)
    assert image is not None
    await store.pulls.begin(brought, None)
    await images.tag(image.id, brought)  # the box dies here
    assert await pulls.find(brought) is None
    assert await pulls.find(image.id) is None  # nor by another name
    await pulls.settle()
    assert await images.exists(brought) is None
    assert await pulls.find(image.id) == await images.exists(image.id) is not None


async def test_name_that_a_dead_pull_took_is_given_back(
    pulls: ImagePulls, images: Images, store: Store, busybox: str, python_base: str
) -> None:
    """Whoever used an image by a name before a pull that died still gets that image by it."""
    name = f"sotabox-test/{secrets.token_hex(4)}:1"
    before, newer = await images.exists(python_base), await images.exists(busybox)
    assert before is not None
    assert newer is not None
    await store.pulls.begin(name, before.id)
    await images.tag(newer.id, name)
    try:
        await pulls.settle()
        found = await images.exists(name)
        assert found is not None
        assert found.id == before.id
    finally:
        await images.untag(name)
    assert await store.pulls.all() == {}
