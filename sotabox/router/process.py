"""Caddy as a process of its own, which outlives sotabox and is adopted again."""

import asyncio
import json
import logging
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Never

from sotabox.assets import folder
from sotabox.errors import RouterRefused, RouterUnavailable, SotaboxError
from sotabox.fault_points import FaultPoint, reach
from sotabox.router import spawn
from sotabox.router.admin import Admin, Json
from sotabox.router.config import encode_config, listen_ports, render_config
from sotabox.router.handle import Handle
from sotabox.router.launch import Launcher
from sotabox.router.pages import render_pages
from sotabox.router.ports import check_ports
from sotabox.router.terms import Route, RouterSettings

_log = logging.getLogger(__name__)

_KILL_AFTER_S: Final = 5.0
#: Waits before starts after the first, which comes at once; a long life starts over.
_BACKOFF_FIRST_S: Final = 0.2
_BACKOFF_MAX_S: Final = 30.0
_LONG_LIFE_S: Final = 60.0
_LOOK_EVERY_S: Final = 5.0
#: A load of a document replaces the socket, which may be away for a moment.
_LOOKS_WITHOUT_SOCKET: Final = 2


@dataclass(frozen=True, slots=True)
class Started:
    """How `start` found Caddy: `adopted` when it ran already, `version` as it runs now."""

    pid: int
    version: str
    adopted: bool


class Caddy:
    """The Caddy of one data directory, whoever started it.

    The document on disk is the last one that Caddy accepted, so Caddy alone can serve every app
    after a reboot. It is written after a load and not before: a kill between the two, or a full
    disk, leaves a file that is older but good, and the next start loads today's.

    One change at a time; calls are not merged here. Who calls `apply` reads the routes from the
    store at that moment, and so is the one to wait for more changes (a reload costs 3 ms with 10
    hosts, 280 ms with 5,000).
    """

    def __init__(self, binary: Path, settings: RouterSettings, environ: Mapping[str, str]) -> None:
        self.admin = Admin(settings.files.admin_socket)
        self._settings = settings
        self._files = settings.files
        frame = (folder("templates") / "errors" / "page.html").read_text(encoding="utf-8")
        self._pages = render_pages(frame, settings.url(settings.domain))
        self._launcher = Launcher(self.admin, binary, settings.files, settings.bind, environ)
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
            document = self._wanted = self._render(routes)
            version = await self._launcher.own_version()
            handle = self._hold(self._launcher.adopt())
            adopted = handle is not None
            if handle and await self._launcher.version_of(handle) != version:
                _log.info("replacing a Caddy of another version by %s", version)
                await self._end(handle)
                adopted = False
            if self._handle is None:
                self._hold(await self._launcher.launch(document))
            await self._put(document)
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
            if handle := self._handle:
                await self._ended_or_lost(handle)
                words = self._launcher.last_words()
                _log.error("Caddy (process %d) has ended: %s", handle.pid, words)
                if time.monotonic() - born > _LONG_LIFE_S:
                    backoff_s = 0.0
            await asyncio.sleep(backoff_s)
            backoff_s = min(max(backoff_s * 2, _BACKOFF_FIRST_S), _BACKOFF_MAX_S)
            try:
                await self._revive()
            except (RouterUnavailable, RouterRefused, OSError) as error:
                hint = error.hint if isinstance(error, SotaboxError) else None
                _log.error("Caddy could not be started again: %s %s", error, hint or "")

    async def _ended_or_lost(self, handle: Handle) -> None:
        """Returns when Caddy has ended: by itself, or by us as somebody removed its socket."""
        missing = 0
        while missing < _LOOKS_WITHOUT_SOCKET:
            try:
                async with asyncio.timeout(_LOOK_EVERY_S):
                    await handle.ended()
                    return
            except TimeoutError:
                missing = 0 if self._files.admin_socket.exists() else missing + 1
            async with self._changing:
                if self._in_force is not None and not missing:
                    await self._keep(self._in_force)
        _log.error("Caddy's socket %s is gone: it is started anew", self._files.admin_socket)
        handle.kill()
        await handle.ended()

    async def stop(self) -> None:
        """End Caddy, with its grace period for open requests: for an uninstall, not for our exit.

        End the `watch` first, or it starts Caddy again.
        """
        async with self._changing:
            if handle := self._handle or self._hold(self._launcher.adopt()):
                await self._end(handle)

    async def close(self) -> None:
        """Let go of Caddy, which goes on serving."""
        self._hold(None)
        await self.admin.close()

    async def differs(self, routes: Iterable[Route]) -> bool:
        """Whether another document than that of `routes` is in force, for who only looks.

        Raises:
            RouterUnavailable: Caddy does not answer.
        """
        return bool(await self.admin.config() != json.loads(self._render(routes)))

    def _render(self, routes: Iterable[Route]) -> bytes:
        return encode_config(render_config(routes, self._settings, self._pages))

    def _hold(self, handle: Handle | None) -> Handle | None:
        if self._handle:
            self._handle.close()
        self._handle, self._in_force = handle, None
        return handle

    def _running(self) -> Handle:
        if self._handle is None:
            raise RouterUnavailable("Caddy is not running; it is started again by itself")
        return self._handle

    async def _put(self, document: bytes) -> bool:
        if document == self._in_force:
            return False
        # What a load that fails leaves in force is for Caddy to say, at the next change.
        known, self._in_force = self._in_force is not None, None
        changed = known or await self._differs_from(json.loads(document))
        if changed:
            await self.admin.load(document)
            reach(FaultPoint.ROUTES_LOADED)
        self._in_force = document
        await self._keep(document)
        return changed

    async def _differs_from(self, wanted: Json) -> bool:
        """Whether a Caddy that was just found serves another document, and may serve this one.

        Ports are settings: no later change brings a new one.
        """
        running = await self.admin.config() or {}
        if running == wanted:
            return False
        check_ports(self._settings.bind, listen_ports(wanted) - listen_ports(running))
        return True

    async def _keep(self, document: bytes) -> None:
        """Has it on disk. A disk that takes nothing now is tried again by `watch`, every few seconds."""
        try:
            await asyncio.to_thread(self._write, document)
        except OSError as error:
            _log.warning("Caddy's document could not be kept for a start of its own: %s", error)

    def _write(self, document: bytes) -> None:
        if not self._files.config.exists() or self._files.config.read_bytes() != document:
            spawn.write_whole(self._files.config, document)

    async def _revive(self) -> None:
        async with self._changing:
            await asyncio.to_thread(spawn.prepare_folders, self._files)
            document = self._wanted or self._files.config.read_bytes()
            self._hold(None)
            self._hold(self._launcher.adopt() or await self._launcher.launch(document))
            await self._put(document)

    async def _end(self, handle: Handle) -> None:
        try:
            await self.admin.stop()
            await asyncio.wait_for(handle.ended(), self._settings.grace_s + _KILL_AFTER_S)
        except (RouterUnavailable, TimeoutError) as error:
            _log.warning("Caddy (process %d) is killed: it did not end when asked", handle.pid,
                         exc_info=error)  # fmt: skip
            handle.kill()
            await handle.ended()
        self._hold(None)
