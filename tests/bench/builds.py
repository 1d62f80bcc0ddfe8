"""Our builds against those of Dockerfiles that an expert wrote by hand for the same apps.

Both go through the same thin client of the Engine API, in turns, with the same certificates and mirrors.
Ours includes planning and rendering. Cold: nothing cached, not even downloads. Changed: one line of
the app's source. The last table is what a person waits for: a change, until visitors see it.
"""

import asyncio
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sotabox.builds.context import plan_context
from sotabox.builds.detect import detect
from sotabox.builds.dockerfile import RenderOptions, render_dockerfile
from sotabox.builds.plan import BuildMethod, BuildPlan
from sotabox.builds.secrets import HostBuild, build_secrets
from sotabox.builds.source import DirectoryTree
from sotabox.engine.build import BuildRequest
from sotabox.engine.client import Engine
from sotabox.engine.images import Images
from sotabox.engine.labels import Role, labels_of
from sotabox.engine.session import Session
from tests.bench.table import show
from tests.box import Box, running_box
from tests.machine import sweep

ROUNDS = 5
_ROOT: Final = Path(__file__).resolve().parents[2]
_HAND: Final = Path(__file__).parent / "hand"
_SOCKET: Final = "unix:///var/run/docker.sock"
#: What a machine beside a mirror has in its environment, for builds too.
_PASSED: Final = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "PIP_INDEX_URL", "UV_DEFAULT_INDEX",
                  "NPM_CONFIG_REGISTRY")  # fmt: skip
#: Put before each command of a Dockerfile by hand that loads something.
_GIVEN: Final = (
    "--mount=type=secret,id=sotabox-ca,mode=0444 --mount=type=secret,id=sotabox-host-env "
)
_SOURCE_IT: Final = "[ ! -f /run/secrets/sotabox-host-env ] || . /run/secrets/sotabox-host-env; "


@dataclass(frozen=True)
class App:
    """An app of `tests/apps`; `source` is the file that changes, `remark` how it comments a line."""

    name: str
    source: str
    base: str
    remark: str = "#"
    cold_rounds: int = 2
    rounds: int = ROUNDS


APPS: Final = (
    App("python-flask", "app.py", "python"),
    App("python-fastapi-uv", "src/ledger/web.py", "python"),
    App("node-express", "server.js", "node", "//"),
    App("node-next", "app/page.js", "node", "//", cold_rounds=1, rounds=2),
)


@dataclass
class Times:
    """Seconds of builds by kind, and the size of the last image."""

    cold: list[float] = field(default_factory=list)
    unchanged: list[float] = field(default_factory=list)
    changed: list[float] = field(default_factory=list)
    size_bytes: int = 0


def run(apps: Sequence[App] = APPS, live_rounds: int = ROUNDS) -> None:
    """Prints times, sizes and ratios of each app's builds."""
    for base in sorted({app.base for app in apps}):
        subprocess.run(
            [sys.executable, str(_ROOT / "tests/bases/make.py"), base],
            check=True,
            stdout=subprocess.DEVNULL,
        )
    for app in apps:
        hand, ours = asyncio.run(_compare(app))
        for kind in ("cold", "unchanged", "changed"):
            show(
                f"{app.name}, {kind}",
                [("by hand", getattr(hand, kind)), ("sotabox", getattr(ours, kind))],
            )
        show(
            f"{app.name}, size of the image",
            [("by hand", [hand.size_bytes / 1e6]), ("sotabox", [ours.size_bytes / 1e6])],
            "MB",
        )
    _live(apps, live_rounds)


async def _compare(app: App) -> tuple[Times, Times]:
    instance_id = f"{sweep.PREFIX}{os.getpid()}-{secrets.token_hex(4)}"
    engine = Engine(_SOCKET, instance_id)
    images = Images(engine)
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        shutil.copytree(_ROOT / "tests/apps" / app.name, folder / "app")
        (folder / "app/expect.toml").unlink()
        sides = [_Side(images, engine, folder / "app", app, by_hand) for by_hand in (True, False)]
        for _ in range(app.cold_rounds):
            for side in sides:
                await side.build("cold", fresh=True)
        for _ in range(app.rounds):
            for side in sides:
                await side.build("unchanged")
        for _ in range(app.rounds):
            with (folder / "app" / app.source).open("a") as source:
                source.write(f"{app.remark} {secrets.token_hex(8)}\n")
            for side in sides:
                await side.build("changed")
        return sides[0].times, sides[1].times
    finally:
        for image in await images.list_ours():
            await images.remove(image.id)
        await engine.close()
        shutil.rmtree(folder)


class _Side:
    """One of the two ways to build an app."""

    def __init__(
        self, images: Images, engine: Engine, folder: Path, app: App, by_hand: bool
    ) -> None:
        self.times = Times()
        self._images = images
        self._engine = engine
        self._folder = folder
        self._app = app
        self._by_hand = by_hand
        self._caches = ""

    async def build(self, kind: str, *, fresh: bool = False) -> None:
        """One build, timed."""
        if fresh:
            self._caches = secrets.token_hex(4)
        began = time.monotonic()
        plan, dockerfile = self._by_hand_or_plan()
        given = build_secrets(plan, {}, b"key", host_build())
        context = plan_context(self._folder, plan, dockerfile)
        async with Session(self._engine, secrets_by_id=given.secrets) as session:
            id_ = await self._images.build(
                context.stream(),
                BuildRequest(
                    tag=f"{self._engine.instance_id}:{'hand' if self._by_hand else 'ours'}",
                    labels=labels_of(self._engine.instance_id, Role.IMAGE),
                    build_id=secrets.token_hex(8),
                    dockerfile=context.dockerfile,
                    no_cache=fresh,
                ),
                session=session,
                on_line=lambda _: None,
                timeout_s=600,
            )
        getattr(self.times, kind).append(time.monotonic() - began)
        image = await self._images.exists(id_)
        assert image is not None
        self.times.size_bytes = image.size_bytes

    def _by_hand_or_plan(self) -> tuple[BuildPlan, str]:
        if self._by_hand:
            text = (_HAND / f"{self._app.name}.Dockerfile").read_text()
            text = text.replace(
                "--mount=type=cache,id=", f"{_GIVEN}--mount=type=cache,id={self._caches}"
            )
            return BuildPlan(build_method=BuildMethod.AUTO), text.replace("GIVEN ", _SOURCE_IT)
        plan = detect(DirectoryTree(self._folder))
        host = host_build()
        options = RenderOptions(project=self._caches, host_env=True, ca=host.ca is not None)
        return plan, render_dockerfile(plan, options)


def host_build() -> HostBuild:
    """What every build on this machine needs to reach its registries."""
    bundle = os.environ.get("SSL_CERT_FILE")
    env = {name: os.environ[name] for name in _PASSED if os.environ.get(name)}
    return HostBuild(env, Path(bundle).read_bytes() if bundle else None)


def _live(apps: Sequence[App], rounds: int) -> None:
    """Prints how long a change takes until visitors see it."""
    host = host_build()
    settings = {
        "build_env": " ".join(f"{name}={value}" for name, value in host.env.items()),
        "build_ca": os.environ.get("SSL_CERT_FILE", ""),
        "build_cache_mb": "20000",  # a box trims the whole engine's cache, others' layers too
    }
    live = []
    with running_box(**{name: value for name, value in settings.items() if value}) as box:
        for app in apps[:3]:
            folder = _ROOT / "tests/apps" / app.name
            files = {
                path.relative_to(folder).as_posix(): path.read_bytes()
                for path in folder.rglob("*")
                if path.is_file() and path.name != "expect.toml"
            }
            box.create(app.name)
            _deploy(box, app.name, files)
            seconds = []
            for _ in range(rounds):
                remark = f"\n{app.remark} {secrets.token_hex(8)}\n".encode()
                seconds.append(
                    _deploy(box, app.name, files | {app.source: files[app.source] + remark})
                )
            live.append((app.name, seconds))
    show("A changed line, from the upload's answer until it is live", live, compared=False)


def _deploy(box: Box, slug: str, files: dict[str, bytes]) -> float:
    answer = box.upload(slug, dict(files))
    began = time.monotonic()
    id_ = answer.data["id"]
    found = any("Live at" in line for line in box.stream(slug, id_))
    seconds = time.monotonic() - began
    assert found, box.log_of(slug, id_)
    assert box.settled(slug, id_)["status"] == "running"
    return seconds
