"""From no Caddy to one that serves: document on disk, ports free, process up, first answer."""

import asyncio
import json
import logging
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from sotabox.errors import RouterUnavailable
from sotabox.router import spawn
from sotabox.router.admin import Admin
from sotabox.router.config import listen_ports
from sotabox.router.files import RouterFiles
from sotabox.router.handle import Handle
from sotabox.router.ports import check_ports

_READY_TIMEOUT_S: Final = 15.0
_READY_EVERY_S: Final = 0.01
_END_TIMEOUT_S: Final = 10.0

_log = logging.getLogger(__name__)


class Launcher:
    """Starts the Caddy of one data directory, and takes hold of one that runs."""

    def __init__(
        self, admin: Admin, binary: Path, files: RouterFiles, bind: str, environ: Mapping[str, str]
    ) -> None:
        self._admin = admin
        self._binary = binary
        self._files = files
        self._bind = bind
        self._environ = environ
        self._child_pid: int | None = None

    def adopt(self) -> Handle | None:
        """The Caddy that listens on the admin socket, if there is one."""
        if (pid := self._admin.pid()) is not None:
            with suppress(ProcessLookupError):  # it ended between the two calls
                return Handle(pid, child=pid == self._child_pid)
        return None

    async def launch(self, document: bytes) -> Handle:
        """Start Caddy on `document`; returns when it serves.

        When the service manager's has just been started instead, that one is taken, with
        whatever document it found on disk.

        Raises:
            RouterRefused: Caddy would not take the document; the one on disk stays.
            RouterUnavailable: a port is taken, or Caddy does not come up.
        """
        lock = spawn.take_lock(self._files)
        if lock is None:
            return await self._ready(None, 0)
        try:
            await self._end_strays()
            await self._write_first(document)
            check_ports(self._bind, listen_ports(json.loads(document)))
        except BaseException:
            os.close(lock)
            raise
        mark = spawn.log_mark(self._files)
        pid = spawn.spawn_caddy(self._binary, self._files, self._environ, lock)
        self._child_pid = pid
        with Handle(pid, child=True) as child:
            return await self._ready(child, mark)

    async def own_version(self) -> str:
        return await spawn.read_version(self._binary, self._files, self._environ)

    async def version_of(self, handle: Handle) -> str:
        """The version that a process runs, even if the file it came from was replaced."""
        running = Path(f"/proc/{handle.pid}/exe")
        return await spawn.read_version(running, self._files, self._environ)

    def last_words(self) -> str:
        """What Caddy left on its standard error: little, unless it died by itself."""
        return spawn.last_words(self._stderr())

    async def _end_strays(self) -> None:
        """Ends those whose lock and socket somebody removed: they hold the ports, and hear nothing."""
        for pid in spawn.running_on(self._files):
            with suppress(ProcessLookupError), Handle(pid, child=pid == self._child_pid) as stray:
                _log.error("Caddy (process %d) can't be asked any more: it is ended", pid)
                stray.kill()
                async with asyncio.timeout(_END_TIMEOUT_S):
                    await stray.ended()

    async def _write_first(self, document: bytes) -> None:
        """Have the document on disk before a start, but only if Caddy would take it."""
        files = self._files
        if files.config.exists() and files.config.read_bytes() == document:
            return
        await asyncio.to_thread(spawn.write_whole, files.candidate, document)
        await spawn.validate(self._binary, files, self._environ, files.candidate)
        files.candidate.replace(files.config)

    async def _ready(self, child: Handle | None, mark: int) -> Handle:
        """Wait until Caddy serves, or `child` has ended, or it takes too long."""
        ending = asyncio.ensure_future(child.ended()) if child else None
        try:
            async with asyncio.timeout(_READY_TIMEOUT_S):
                while (handle := await self._serving()) is None:
                    if ending and ending.done():
                        words = self._stderr() + spawn.read_since(self._files, mark)
                        raise RouterUnavailable(f"Caddy did not start: {spawn.last_words(words)}")
                    await asyncio.sleep(_READY_EVERY_S)
                return handle
        except TimeoutError as error:
            raise RouterUnavailable(
                f"Caddy runs, but did not answer on {self._files.admin_socket} within "
                f"{_READY_TIMEOUT_S:.0f} s",
                hint=f"`fuser {self._files.lock}` names its process, {self._files.log} says what "
                "it does. When it has ended, it is started anew.",
            ) from error
        finally:
            if ending:
                ending.cancel()

    async def _serving(self) -> Handle | None:
        # The socket is there before the first document is in force; the answer comes after.
        if self._admin.pid() is None:
            return None
        with suppress(RouterUnavailable):  # it has just ended, as when a port is taken
            await self._admin.config()
            return self.adopt()
        return None

    def _stderr(self) -> str:
        try:
            return self._files.stderr.read_text(errors="replace")
        except FileNotFoundError:  # started by a service manager, which has it
            return ""
