"""The dashboard in process: a real store, a browser's cookies, no engine."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest
from argon2 import PasswordHasher

from sotabox.api.routes import openapi
from sotabox.dashboard.routes import dashboard_routes
from sotabox.engine.images import Images
from sotabox.model.user import Role, User
from sotabox.operations.caretaking import Caretaking
from sotabox.operations.host import Host
from sotabox.operations.room import Room
from sotabox.operations.users import ADMIN_EMAIL
from sotabox.router.kept_certificates import KeptCertificates
from sotabox.router.terms import RouterSettings
from sotabox.upkeep.backups import Backups
from sotabox.upkeep.tidy import Tidy
from sotabox.web.site import build_site
from tests.in_process import InProcess, open_site

EMAIL, PASSWORD = ADMIN_EMAIL, "correct horse battery"
#: Cheap to check: what a hash costs is the library's matter, and no test's time.
_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
_TOKEN = re.compile(r'name="csrf" value="([^"]+)"')


@dataclass
class Browser:
    """What a person's browser does: it keeps cookies and sends the forms of pages."""

    site: InProcess
    client: httpx.AsyncClient

    async def get(self, path: str, **options: object) -> httpx.Response:
        return await self.client.get(path, **options)  # type: ignore[arg-type]

    async def token(self, path: str) -> str:
        """The token of the forms on a page."""
        page = await self.client.get(path)
        match = _TOKEN.search(page.text)
        assert match, page.text
        return match[1]

    async def send(self, path: str, form: dict[str, str], *, of: str = "") -> httpx.Response:
        """Sends a form of the page `of` (the same path by default) with its token."""
        return await self.client.post(path, data={"csrf": await self.token(of or path), **form})

    async def log_in(self, email: str = EMAIL, password: str = PASSWORD) -> httpx.Response:
        return await self.send("/login", {"email": email, "password": password, "next": "/"})


async def _unheard(_event: str, _message: str) -> bool:
    """Nobody outside listens."""
    return True


def caretaking(site: InProcess) -> Caretaking:
    """What looks after a box, of which none runs by itself."""
    store, engine = site.box.store, site.box.pipeline.engine
    tidy = Tidy(
        settings=site.box.settings, store=store, engine=engine, images=Images(engine), helper=""
    )
    return Caretaking(
        Room(tidy),
        KeptCertificates(RouterSettings.of(site.box.settings)),
        Backups(site.box.settings, store.folders, _unheard),
    )


@asynccontextmanager
async def open_browser(site: InProcess, *, secure: bool = False) -> AsyncIterator[Browser]:
    scheme = "https" if secure else "http"
    box = replace(site.box, url_of=lambda name: f"{scheme}://{name}")
    host = Host(
        site.box.pipeline.engine,
        Images(site.box.pipeline.engine),
        site.box.store.folders,
        lambda: "2.11",
    )
    routes = dashboard_routes(
        box,
        host,
        caretaking(site),
        domain="box.test",
        secure=secure,
        csrf_key=b"k" * 32,
        describe_api=openapi,
    )
    transport = httpx.ASGITransport(build_site(box, routes))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=f"{scheme}://box.test") as client:
        yield Browser(site, client)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[InProcess]:
    async with open_site(tmp_path) as site:
        yield site


@pytest.fixture
async def guest(site: InProcess) -> AsyncIterator[Browser]:
    """A browser on a box whose admin has a login, which it was not let in by."""
    await site.box.store.users.set_password(site.admin.id, _HASH)
    async with open_browser(site) as browser:
        yield browser


@pytest.fixture
async def admin(guest: Browser) -> Browser:
    """The admin's browser."""
    assert (await guest.log_in()).status_code == 303
    return guest


@pytest.fixture
def another(site: InProcess) -> Callable[..., object]:
    """Opens a further browser on the same box."""
    return lambda **options: open_browser(site, **options)


async def let_in(browser: Browser, email: str, role: Role = Role.MEMBER) -> User:
    """Makes a user, and logs them in with this browser."""
    user = await browser.site.user(email, role)
    await browser.site.box.store.users.set_password(user.id, _HASH)
    assert (await browser.log_in(email)).status_code == 303
    return user
