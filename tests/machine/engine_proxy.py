"""A way to the engine that can be made slow or dead: bytes go on late, or not at all."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

_CHUNK = 65_536


class EngineProxy:
    """A socket in front of an engine's own; make one with `engine_proxy`."""

    def __init__(self, path: Path, target: Path) -> None:
        self.docker_host = f"unix://{path}"
        self._path = path
        self._target = target
        self._delay_s = 0.0
        self._open = asyncio.Event()
        self._ending = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._carrying = set[asyncio.Task[None] | None]()  # the loop alone would let go of them

    @contextmanager
    def slow(self, delay_s: float) -> Iterator[None]:
        """For the time of the block each answer and each question comes that much later."""
        self._delay_s = delay_s
        try:
            yield
        finally:
            self._delay_s = 0.0

    @contextmanager
    def silent(self) -> Iterator[None]:
        """For the time of the block connections are taken, and nothing comes out of them."""
        self._loop.call_soon_threadsafe(self._open.clear)
        try:
            yield
        finally:
            self._loop.call_soon_threadsafe(self._open.set)

    def run(self) -> None:
        """Serves until `end`; in a thread."""
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    def end(self) -> None:
        self._loop.call_soon_threadsafe(self._ending.set)

    async def _serve(self) -> None:
        self._open.set()
        async with await asyncio.start_unix_server(self._carry, self._path):
            await self._ending.wait()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _carry(self, reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        self._carrying.add(task)
        try:
            # asyncio's streams tell of a connection's cancelled task as if nobody had wanted that
            with suppress(asyncio.CancelledError):
                await self._carry_on(reader, writer)
        finally:
            self._carrying.discard(task)

    async def _carry_on(self, reader: StreamReader, writer: StreamWriter) -> None:
        try:
            there, back = await asyncio.open_unix_connection(self._target)
        except OSError:
            writer.close()
            return
        try:
            await asyncio.gather(self._pump(reader, back), self._pump(there, writer))
            for end in (writer, back):
                end.close()
                with suppress(OSError):
                    await end.wait_closed()
        finally:
            for end in (writer, back):
                end.transport.abort()

    async def _pump(self, source: StreamReader, sink: StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(_CHUNK):
                await asyncio.sleep(self._delay_s)
                await self._open.wait()
                sink.write(data)
                await sink.drain()
            if sink.can_write_eof():
                sink.write_eof()


@contextmanager
def engine_proxy(path: Path, docker_host: str) -> Iterator[EngineProxy]:
    """A proxy at `path` before the engine at `docker_host`, for the time of the block."""
    proxy = EngineProxy(path, Path(docker_host.removeprefix("unix://")))
    thread = Thread(target=proxy.run, name="engine proxy")
    thread.start()
    try:
        yield proxy
    finally:
        proxy.end()
        thread.join(10)
