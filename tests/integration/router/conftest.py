"""A real Caddy a test, in a data directory of its own, on free ports of 127.0.0.1."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx
import pytest

from sotabox.router.files import RouterFiles
from sotabox.router.process import Caddy
from sotabox.router.terms import RouterSettings, TlsPolicy
from sotabox.router.upstream import Upstreams
from sotabox.settings import TlsMode
from tests.integration.router.apps import App
from tests.integration.router.box import Box, MakeApp, MakeBox, MakeSettings


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A short path: a Unix socket's has at most 107 bytes."""
    path = Path(tempfile.mkdtemp(prefix="sotabox-", dir="/tmp"))
    yield path
    shutil.rmtree(path)


@pytest.fixture
def make_settings(data_dir: Path, free_port: Callable[[], int]) -> MakeSettings:
    """Settings of a box that disturbs nobody; keyword arguments replace them."""

    def make(**changes: object) -> RouterSettings:
        given = {
            "files": RouterFiles(data_dir),
            "http_port": free_port(),
            "https_port": free_port(),
            "control_plane": f"127.0.0.1:{free_port()}",
            "bind": "127.0.0.1",
            "tls": TlsPolicy(TlsMode.OFF),
            "retry_s": 1,
            "grace_s": 1,
        }
        return RouterSettings(**given | changes)  # type: ignore[arg-type]

    return make


@pytest.fixture
async def make_box(make_settings: MakeSettings, caddy: Path) -> AsyncIterator[MakeBox]:
    """Makes boxes, which a test starts; their Caddies end with the test."""
    made: list[Box] = []

    def make(**changes: object) -> Box:
        settings = make_settings(**changes)
        upstreams = Upstreams(settings.files.upstreams)
        upstreams.prepare()
        client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{settings.http_port}", timeout=20)
        box = Box(Caddy(caddy, settings, os.environ), settings, upstreams, client)
        made.append(box)
        return box

    yield make
    for box in made:
        await box.client.aclose()
        await box.caddy.stop()
        await box.caddy.close()


@pytest.fixture
async def make_app() -> AsyncIterator[MakeApp]:
    """Starts small real apps, which end with the test."""
    made: list[App] = []

    async def make(name: str = "app", delay_s: float = 0) -> App:
        app = App(name, delay_s)
        await app.start()
        made.append(app)
        return app

    yield make
    for app in made:
        await app.stop()
