"""A network of the browser's own: nothing in it changes while the engine makes and removes bridges.

Chromium lets go of every request under way when an interface of its machine appears or vanishes
(`ERR_NETWORK_CHANGED`), and each project of a box is a bridge. So it runs where there is a loopback
and nothing else; ports of this machine are relayed into there.
"""

import asyncio
import ctypes
import os
import secrets
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_CLONE_NEWNET = 0x40000000


class Namespace:
    """A network namespace; `loop` relays connections into it, in a thread of its own."""

    def __init__(self, name: str, loop: asyncio.AbstractEventLoop) -> None:
        self._name = name
        self._loop = loop
        self._servers: list[asyncio.Server] = []
        self._relays: set[asyncio.Task[None]] = set()

    def program(self, program: str, directory: Path) -> Path:
        """A script that starts `program` inside."""
        script = directory / "in-namespace"
        script.write_text(f'#!/bin/sh\nexec ip netns exec {self._name} {program} "$@"\n')
        script.chmod(0o755)
        return script

    def expose(self, port: int) -> None:
        """Makes a port of this machine's loopback the same one inside."""
        for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
            listener = self._listen(family, address, port)
            serving = asyncio.start_server(lambda r, w: self._relay(r, w, port), sock=listener)
            self._servers.append(asyncio.run_coroutine_threadsafe(serving, self._loop).result(10))

    async def close(self) -> None:
        """Ends the relays."""
        for server in self._servers:
            server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # connections that were broken off are closed in the next turn

    def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
        # Held here: nothing else holds one whose browser is gone and whose box still thinks.
        relay = self._loop.create_task(_relay(reader, writer, port))
        self._relays.add(relay)
        relay.add_done_callback(self._relays.discard)

    def _listen(self, family: int, address: str, port: int) -> socket.socket:
        # A socket stays in the namespace that its thread was in when it was made.
        made: list[socket.socket] = []

        def listen() -> None:
            descriptor = os.open(f"/run/netns/{self._name}", os.O_RDONLY)
            libc = ctypes.CDLL(None, use_errno=True)
            try:
                if libc.setns(descriptor, _CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), "setns")
                made.append(socket.create_server((address, port), family=family))
            finally:
                os.close(descriptor)

        thread = threading.Thread(target=listen)
        thread.start()
        thread.join()
        assert made, f"port {port} can't be listened on in {self._name}"
        return made[0]


@contextmanager
def namespace() -> Iterator[Namespace]:
    """A namespace for the time of the block; needs root, as the engine's tests do."""
    name = f"sotabox-{os.getpid()}-{secrets.token_hex(3)}"
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        subprocess.run(["ip", "-n", name, "link", "set", "lo", "up"], check=True)
        thread.start()
        network = Namespace(name, loop)
        yield network
        asyncio.run_coroutine_threadsafe(network.close(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
    finally:
        subprocess.run(["ip", "netns", "delete", name], check=True)


async def _relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
    try:
        inner, outer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        writer.transport.abort()  # as refused as it is outside
        return
    try:
        await asyncio.gather(_pump(reader, outer), _pump(inner, writer))
    finally:
        for end in (writer, outer):
            end.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(64 * 1024):
            writer.write(data)
            await writer.drain()
        writer.write_eof()
    except OSError:
        writer.transport.abort()
