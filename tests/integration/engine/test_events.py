"""The engine's news, and an engine that is away."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from sotabox.engine.client import Engine, EngineNotFound
from sotabox.engine.events import ContainerEvent, watch
from sotabox.engine.labels import Role
from sotabox.engine.stream import request
from sotabox.errors import EngineUnavailable
from sotabox.model.project import Limits
from tests.integration.engine.box import Box, Run

pytestmark = pytest.mark.engine


class Watcher:
    """Collects what `watch` tells."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.events: list[ContainerEvent] = []
        self.connections = 0
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def watching(self) -> AsyncIterator["Watcher"]:
        task = asyncio.create_task(
            watch(self._engine, self._on_event, self._on_connected, ping_every_s=0.2)
        )
        try:
            yield self
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(20), self._changed:
            await self._changed.wait_for(true)

    def actions(self) -> list[str]:
        return [event.action for event in self.events]

    async def _on_event(self, event: ContainerEvent) -> None:
        async with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    async def _on_connected(self) -> None:
        async with self._changed:
            self.connections += 1
            self._changed.notify_all()


class Gate:
    """A unix socket before the engine's, which can be cut or made to hang as an engine would."""

    def __init__(self, path: Path, behind: str) -> None:
        self.path = path
        self._behind = behind
        self._server: asyncio.Server | None = None
        self._pipes: set[asyncio.Task[None]] = set()
        self._flowing = asyncio.Event()

    async def open(self) -> None:
        self._flowing.set()
        self._server = await asyncio.start_unix_server(self._serve, self.path)

    async def cut(self) -> None:
        if self._server is not None:
            self._server.close()
        for pipe in self._pipes:
            pipe.cancel()
        await asyncio.gather(*self._pipes, return_exceptions=True)
        self.path.unlink(missing_ok=True)

    def hang(self) -> None:
        self._flowing.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind_reader, behind_writer = await asyncio.open_unix_connection(self._behind)
        for source, target in ((reader, behind_writer), (behind_reader, writer)):
            task = asyncio.create_task(self._pipe(source, target))
            self._pipes.add(task)

    async def _pipe(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65_536):
                await self._flowing.wait()
                target.write(data)
                await target.drain()
        except ConnectionError:
            pass
        finally:
            target.transport.abort()


@pytest.fixture
async def gate(tmp_path: Path, box: Box) -> AsyncIterator[Gate]:
    gate = Gate(tmp_path / "docker.sock", box.engine.socket_path)
    await gate.open()
    yield gate
    await gate.cut()


@pytest.fixture
async def engine(gate: Gate, instance_id: str) -> AsyncIterator[Engine]:
    """The real engine behind a gate."""
    engine = Engine(f"unix://{gate.path}", instance_id)
    yield engine
    await engine.close()


async def test_watch_tells_of_start_and_end_with_the_exit_code(box: Box, run: Run) -> None:
    """The box knows at once that an app ended, and how."""
    async with Watcher(box.engine).watching() as watcher:
        await watcher.until(lambda: watcher.connections == 1)
        id_ = await run("exit 7", role=Role.RELEASE)
        await watcher.until(lambda: "die" in watcher.actions())
        await box.containers.remove(id_)
        await watcher.until(lambda: "destroy" in watcher.actions())
    assert watcher.actions() == ["start", "die", "destroy"]
    died = watcher.events[1]
    assert (died.container_id, died.exit_code, died.project_id) == (id_, 7, "p1")


async def test_watch_tells_of_memory_running_out(box: Box, run: Run) -> None:
    """The box knows why an app that ate its memory ended."""
    async with Watcher(box.engine).watching() as watcher:
        await watcher.until(lambda: watcher.connections == 1)
        await run("a=x; while :; do a=$a$a; done", limits=Limits(32, 1, 20), role=Role.RELEASE)
        await watcher.until(lambda: "die" in watcher.actions())
        await watcher.until(lambda: "oom" in watcher.actions())


async def test_watch_is_silent_about_another_box(box: Box, run: Run) -> None:
    """Boxes on one engine don't wake each other."""
    other = Engine(f"unix://{box.engine.socket_path}", f"{box.instance_id}-other")
    async with (
        Watcher(box.engine).watching() as mine,
        Watcher(other).watching() as theirs,
    ):
        await mine.until(lambda: mine.connections == 1)
        await theirs.until(lambda: theirs.connections == 1)
        await run("exit 0", role=Role.RELEASE)
        await mine.until(lambda: "die" in mine.actions())
    assert theirs.events == []
    await other.close()


async def test_watch_reconnects_after_the_engine_was_away(
    engine: Engine, gate: Gate, run: Run
) -> None:
    """After the engine's restart the box looks at everything again, and hears news again."""
    async with Watcher(engine).watching() as watcher:
        await watcher.until(lambda: watcher.connections == 1)
        await gate.cut()
        await asyncio.sleep(0.3)
        await gate.open()
        await watcher.until(lambda: watcher.connections == 2)
        await run("exit 0", role=Role.RELEASE)
        await watcher.until(lambda: "die" in watcher.actions())


async def test_watch_notices_an_engine_that_hangs(
    engine: Engine, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An engine that hangs without closing its socket is noticed."""
    monkeypatch.setattr("sotabox.engine.client._PING_TIMEOUT_S", 0.5)
    async with Watcher(engine).watching() as watcher:
        await watcher.until(lambda: watcher.connections == 1)
        gate.hang()
        await asyncio.sleep(1)
        await gate.cut()
        await gate.open()
        await watcher.until(lambda: watcher.connections == 2)


async def test_call_to_an_engine_that_is_away_says_what_to_do(tmp_path: Path) -> None:
    """Without Docker I am told which socket was tried and how to start it."""
    engine = Engine(f"unix://{tmp_path}/no.sock", "x")
    with pytest.raises(EngineUnavailable) as caught:
        await engine.info()
    assert caught.value.message == (
        f"The Docker engine at {tmp_path}/no.sock does not answer: there is no such socket."
    )
    assert "systemctl start docker" in str(caught.value.hint)
    assert not await engine.ping()
    with pytest.raises(EngineUnavailable, match="no such socket"):
        async with engine.request("GET", "/events"):
            pass
    await engine.close()


async def test_calls_work_again_when_the_engine_is_back(engine: Engine, gate: Gate) -> None:
    """The box needs no restart after Docker's."""
    first = await engine.info()
    await gate.cut()
    for _ in range(6):
        with pytest.raises(EngineUnavailable):
            await engine.info()
    await gate.open()
    assert (await engine.info())["ID"] == first["ID"]
    assert await engine.ping()


async def test_call_to_a_hanging_engine_ends_in_time(engine: Engine, gate: Gate) -> None:
    """Nothing waits for ever on an engine that hangs."""
    await engine.info()
    gate.hang()
    with pytest.raises(EngineUnavailable, match="no answer"):
        await engine.call("info", timeout_s=0.3)
    with pytest.raises(EngineUnavailable, match="no answer"):
        async with request(str(gate.path), "GET", "/_ping", head_timeout_s=0.3):
            pass


async def test_call_for_a_thing_that_is_not_there_raises_not_found(box: Box) -> None:
    """What is gone is told apart from what is broken."""
    with pytest.raises(EngineNotFound):
        await box.engine.call("inspect_container", "nosuch")
    with pytest.raises(EngineNotFound):
        async with box.engine.request("GET", "/containers/nosuch/logs", {"stdout": "1"}):
            pass
