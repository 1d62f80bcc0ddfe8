"""Images that are not on the engine: from public and private registries, by pull and by build."""

import asyncio
import fcntl
import secrets
import tempfile
import urllib.parse
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from sotabox.engine.diagnosis import BuildFailed, PullFailed
from sotabox.engine.session import Session
from tests.integration.engine import registry as registries
from tests.integration.engine.box import Box
from tests.integration.engine.registry import Registry

pytestmark = pytest.mark.engine

Push = Callable[[str], Awaitable[str]]


@pytest.fixture(scope="module")
def registry(
    tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int]
) -> Iterator[Registry]:
    """A registry that nobody knows by name."""
    with registries.running(tmp_path_factory.mktemp("registry"), free_port()) as registry:
        yield registry


@pytest.fixture
async def mirror(box: Box, tmp_path: Path) -> AsyncIterator[Registry]:
    """The registry from which the test engine gets images without a host in their name."""
    mirrors = (await box.engine.info())["RegistryConfig"]["Mirrors"]
    assert mirrors, "the engine has no mirror: start it with tests/machine/engine"
    port = urllib.parse.urlsplit(mirrors[0]).port
    assert port is not None
    with (Path(tempfile.gettempdir()) / f"sotabox-test-mirror-{port}.lock").open("w") as lock:
        await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)  # another run may have it
        with registries.running(tmp_path, port) as registry:
            yield registry


async def push(box: Box, registry: Registry, repository: str) -> str:
    """The reference of a fresh image in the registry, of which the engine keeps nothing."""
    ref = f"{registry.address}/{repository}:1"
    id_ = await box.build("FROM BASE\nCOPY blob /blob\n", {"blob": secrets.token_bytes(3_000_000)})
    await box.images.tag(id_, ref)
    answer = await box.engine.call("push", ref, auth_config=registry.sdk_auth, timeout_s=60)
    assert "errorDetail" not in answer, answer
    await box.images.remove(id_)
    assert await box.images.exists(ref) is None
    return ref


def unique(repository: str) -> str:
    return f"{repository}-{secrets.token_hex(4)}"


async def test_pull_of_a_public_image_shows_its_progress(box: Box, registry: Registry) -> None:
    """A base image is fetched with nothing to set up, and I see that it is."""
    ref = await push(box, registry, unique("public/base"))
    lines: list[str] = []
    await box.images.pull(ref, on_line=lines.append)
    assert await box.images.exists(ref) is not None
    assert lines[0] == f"Pulling {ref}"
    assert lines[-1].startswith(f"Pulled {ref} (")
    await box.images.remove(ref)


async def test_pull_of_a_private_image_with_its_password_works(
    box: Box, registry: Registry
) -> None:
    """My own registry's images are mine to build on."""
    ref = await push(box, registry, unique("team/base"))
    known = {f"https://{registry.address}/v1/": registry.credentials}
    auth = await box.images.credentials_of(ref, known)
    assert auth == registry.credentials
    await box.images.pull(ref, auth, on_line=print)
    assert await box.images.exists(ref) is not None
    await box.images.remove(ref)


@pytest.mark.parametrize(
    ("repository", "auth", "message"),
    [
        ("public/nosuch", None, "does not exist, or its registry wants a password for it."),
        ("team/nosuch", None, "does not exist, or its registry wants a password for it."),
        ("team/nosuch", ("ann", "wrong"), "refuses the image '{ref}' to the user 'ann'."),
    ],
)
async def test_pull_with_a_wrong_name_or_password_says_so(
    box: Box, registry: Registry, repository: str, auth: tuple[str, str] | None, message: str
) -> None:
    """I learn what to correct: the name, or the password."""
    ref = f"{registry.address}/{repository}:1"
    with pytest.raises(PullFailed) as caught:
        await box.images.pull(ref, auth, on_line=print)
    assert message.format(ref=ref) in caught.value.message
    assert caught.value.hint


async def test_pull_of_a_missing_image_with_a_good_password_names_it(
    box: Box, registry: Registry
) -> None:
    """A right password with a wrong name is told as a wrong name."""
    ref = f"{registry.address}/team/nosuch:1"
    with pytest.raises(PullFailed, match="does not exist"):
        await box.images.pull(ref, registry.credentials, on_line=print)


async def test_pull_from_a_registry_that_is_away_says_so(
    box: Box, free_port: Callable[[], int]
) -> None:
    """A registry that does not answer is told apart from a wrong name."""
    with pytest.raises(PullFailed, match="can't be reached: connection refused"):
        await box.images.pull(f"127.0.0.1:{free_port()}/team/x:1", on_line=print)


async def test_build_on_a_private_image_asks_the_session_for_the_password(
    box: Box, registry: Registry
) -> None:
    """A build that names a private image gets it although nobody pulled it before."""
    ref = await push(box, registry, unique("team/base"))
    known = {registry.address: registry.credentials}
    async with Session(box.engine, credentials=known) as session:
        await box.build(f"FROM {ref}\nRUN test -s /blob\n", session=session)


async def test_build_on_a_private_image_without_its_password_says_so(
    box: Box, registry: Registry
) -> None:
    """A private base without credentials fails with the image's name."""
    ref = f"{registry.address}/{unique('team/base')}:1"
    async with Session(box.engine) as session:
        with pytest.raises(BuildFailed, match="does not exist, or its registry wants") as caught:
            await box.build(f"FROM {ref}\n", session=session)
    assert ref in caught.value.message


async def test_build_on_a_name_without_a_host_uses_the_default_registry(
    box: Box, mirror: Registry
) -> None:
    """`FROM name` works on a fresh server, where nothing was pulled before."""
    name = unique("base")
    await push(box, mirror, f"library/{name}")
    async with Session(box.engine) as session:
        await box.build(f"FROM {name}:1\nRUN test -s /blob\n", session=session)
    await box.images.pull(f"{name}:1", on_line=print)
    image = await box.images.exists(f"{name}:1")
    assert image is not None
    await box.images.remove(image.id)
