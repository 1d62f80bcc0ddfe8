"""Caddy as a process of its own, which outlives sotabox and is adopted again."""

import asyncio
import json
import logging
import os
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Never

from sotabox.assets import folder
from sotabox.errors import RouterRefused, RouterUnavailable
from sotabox.router import spawn
from sotabox.router.admin import Admin
from sotabox.router.config import Route, RouterSettings, encode_config, listen_ports, render_config
from sotabox.router.handle import Handle
from sotabox.router.pages import render_pages
from sotabox.router.ports import check_ports

_log = logging.getLogger(__name__)

_READY_TIMEOUT_S: Final = 15.0
_READY_EVERY_S: Final = 0.01
_KILL_AFTER_S: Final = 5.0
#: Waits before starts after the first, which comes at once; a long life starts over.
_BACKOFF_FIRST_S: Final = 0.2
_BACKOFF_MAX_S: Final = 30.0
_LONG_LIFE_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Started:
    """How `start` found Caddy: `adopted` when it ran already, `version` as it runs now."""

    pid: int
    version: str
    adopted: bool


class Caddy:
    """The Caddy of one data directory, whoever started it.

    The document on disk is always the last one that Caddy accepted, so Caddy alone can serve every
    app after a reboot. It is written after a load and not before: a kill between the two
    leaves a file that is older but good, and the next start loads today's.

    One change at a time; calls are not merged here. Who calls `apply` reads the routes from the
    store at that moment, and so is the one to wait for more changes (a reload costs 3 ms with 10
    hosts, 280 ms with 5,000).
    """

    def __init__(self, binary: Path, settings: RouterSettings, environ: Mapping[str, str]) -> None:
        self.admin = Admin(settings.files.admin_socket)
        self._binary = binary
        self._settings = settings
        self._files = settings.files
        frame = folder("templates") / "errors" / "page.html"
        self._pages = render_pages(frame.read_text(encoding="utf-8"), settings.url(settings.domain))
        self._environ = environ
        self._changing = asyncio.Lock()
        self._handle: Handle | None = None
        self._wanted: bytes | None = None
        self._in_force: bytes | None = None

    @property
    def pid(self) -> int | None:
        """The running Caddy; None while there is none."""
        return self._handle.pid if self._handle else None

    async def start(self, routes: Iterable[Route]) -> Started:
        """Bring Caddy to serve `routes`: adopt the one that runs, or start one.

        A running Caddy of another version than ours is replaced, which closes the ports
        for as long as its open requests take, at most its grace period.

        Raises:
            RouterUnavailable: a port is taken, or Caddy does not start.
            RouterRefused: Caddy refuses the document; what ran before goes on.
        """
        async with self._changing:
            await asyncio.to_thread(spawn.prepare_folders, self._files)
            self._wanted = self._render(routes)
            version = await spawn.read_version(self._binary, self._files, self._environ)
            adopted = self._adopt()
            if adopted and await self._running_version() != version:
                _log.info("replacing a Caddy of another version by %s", version)
                await self._end()
                adopted = False
            if not adopted:
                await self._launch()
            await self._put(self._wanted)
            return Started(self._running().pid, version, adopted)

    async def apply(self, routes: Iterable[Route]) -> bool:
        """Put `routes` in force, if they aren't; tells whether something changed.

        Raises:
            RouterRefused: Caddy refuses the document; the former one stays, in force and on disk.
            RouterUnavailable: Caddy is away; its next start puts these routes in force.
        """
        document = self._render(routes)
        async with self._changing:
            former, self._wanted = self._wanted, document
            try:
                return await self._put(document)
            except RouterRefused:
                self._wanted = former
                raise

    async def watch(self) -> Never:
        """Start Caddy again whenever it ends; a task for as long as sotabox runs."""
        backoff_s = 0.0
        while True:
            born = time.monotonic()
            if self._handle:
                await self._handle.ended()
                _log.error("Caddy (process %d) has ended: %s", self._handle.pid, self._last_words())
                if time.monotonic() - born > _LONG_LIFE_S:
                    backoff_s = 0.0
            await asyncio.sleep(backoff_s)
            backoff_s = min(max(backoff_s * 2, _BACKOFF_FIRST_S), _BACKOFF_MAX_S)
            try:
                await self._revive()
            except (RouterUnavailable, RouterRefused) as error:
                _log.error("Caddy could not be started again: %s %s", error, error.hint or "")

    async def stop(self) -> None:
        """End Caddy, with its grace period for open requests: for an uninstall, not for our exit."""
        async with self._changing:
            if self._handle or self._adopt():
                await self._end()

    async def close(self) -> None:
        """Let go of Caddy, which goes on serving."""
        self._forget()
        await self.admin.close()

    def _render(self, routes: Iterable[Route]) -> bytes:
        return encode_config(render_config(routes, self._settings, self._pages))

    def _running(self) -> Handle:
        if self._handle is None:
            raise RouterUnavailable("Caddy is not running")
        return self._handle

    def _adopt(self) -> bool:
        pid = self.admin.pid()
        if pid is None:
            return False
        self._forget()
        with suppress(ProcessLookupError):  # it ended between the two calls
            self._handle = Handle(pid)
        return self._handle is not None

    def _forget(self) -> None:
        if self._handle:
            self._handle.close()
        self._handle = None
        self._in_force = None

    async def _running_version(self) -> str:
        # Also after an upgrade has deleted the file that it was started from.
        executable = Path(f"/proc/{self._running().pid}/exe")
        return await spawn.read_version(executable, self._files, self._environ)

    async def _put(self, document: bytes) -> bool:
        if document == self._in_force:
            return False
        wanted = json.loads(document)
        running = await self.admin.config()
        changed = bool(running != wanted)
        if changed:
            fresh = listen_ports(wanted) - listen_ports(running or {})
            check_ports(self._settings.bind, sorted(fresh))
            await self.admin.load(document)
        self._in_force = document
        await asyncio.to_thread(self._keep, document)
        return changed

    def _keep(self, document: bytes) -> None:
        if not self._files.config.exists() or self._files.config.read_bytes() != document:
            spawn.write_whole(self._files.config, document)

    async def _revive(self) -> None:
        async with self._changing:
            self._forget()
            if not self._adopt():
                await self._launch()
            if self._wanted is not None:
                await self._put(self._wanted)

    async def _launch(self) -> None:
        lock = spawn.take_lock(self._files)
        if lock is None:  # another one has just been started, by the service manager
            await self._ready(None)
            return
        try:
            await self._write_first()
            check_ports(self._settings.bind, self._settings.ports)
        except BaseException:
            os.close(lock)
            raise
        pid = spawn.spawn_caddy(self._binary, self._files, self._environ, lock)
        with Handle(pid) as child:
            await self._ready(child)

    async def _write_first(self) -> None:
        """Have today's document on disk before a start, but only if Caddy would take it."""
        if self._wanted is None:
            return
        document, files = self._wanted, self._files
        if files.config.exists() and files.config.read_bytes() == document:
            return
        await asyncio.to_thread(spawn.write_whole, files.candidate, document)
        await spawn.validate(self._binary, files, self._environ, files.candidate)
        files.candidate.replace(files.config)

    async def _ready(self, child: Handle | None) -> None:
        """Wait until the admin socket answers, or `child` has ended, or it takes too long."""
        ending = asyncio.ensure_future(child.ended()) if child else None
        try:
            async with asyncio.timeout(_READY_TIMEOUT_S):
                while not self._adopt():
                    if ending and ending.done():
                        raise RouterUnavailable(f"Caddy did not start: {self._last_words()}")
                    await asyncio.sleep(_READY_EVERY_S)
        except TimeoutError as error:
            raise RouterUnavailable(
                f"Caddy did not answer within {_READY_TIMEOUT_S:.0f} s of its start",
                hint=f"Its log: {self._files.log}",
            ) from error
        finally:
            if ending:
                ending.cancel()

    async def _end(self) -> None:
        handle = self._running()
        await self.admin.stop()
        try:
            await asyncio.wait_for(handle.ended(), self._settings.grace_s + _KILL_AFTER_S)
        except TimeoutError:
            handle.kill()
            await handle.ended()
        self._forget()

    def _last_words(self) -> str:
        try:
            output = self._files.stderr.read_text(errors="replace")
        except FileNotFoundError:
            return "its output is with the service manager"
        return spawn.last_words(output[-20_000:])
