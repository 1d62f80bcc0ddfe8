"""The machine under a box: how full it is, and what works."""

import asyncio
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sotabox.engine.client import Engine, EngineError
from sotabox.engine.images import DiskUsage, Images
from sotabox.errors import EngineUnavailable
from sotabox.model.times import format_time
from sotabox.operations.actor import Actor
from sotabox.operations.alarms import Alarm, alarms_of
from sotabox.settings import Settings
from sotabox.store.folders import Folders
from sotabox.upkeep.record import BackupRecord, read_record

_MEMINFO: Final = Path("/proc/meminfo")
_UPTIME: Final = Path("/proc/uptime")
_ASK_S: Final = 5.0
_ADD_UP_S: Final = 20.0


@dataclass(frozen=True, slots=True)
class Memory:
    """The machine's memory in bytes."""

    total: int
    available: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """How the machine is at this moment, as far as that is known at once.

    Attributes:
        engine: Docker's version; empty while it is away.
        load: processes that wanted a core, over the last minute.
        router: Caddy's version; empty while it is away.
    """

    disk_total: int
    disk_free: int
    memory: Memory
    cores: int
    load: float
    uptime_s: float
    engine: str
    router: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts(Glance):
    """The same, and what is on its disk: to add that up takes the engine a while.

    Attributes:
        usage: the engine's; None while Docker is away.
        sotabox_bytes: archives, logs, database.
    """

    usage: DiskUsage | None
    sotabox_bytes: int


@dataclass(frozen=True, slots=True)
class Host:
    """What of the machine can be asked."""

    engine: Engine
    images: Images
    folders: Folders
    router_version: Callable[[], str]

    async def glance(self, actor: Actor) -> Glance:
        """How the machine is, but for what is on its disk.

        Raises:
            Forbidden: the box itself is the admin's matter.
        """
        actor.require_admin()
        disk = shutil.disk_usage(self.folders.root)
        return Glance(
            disk_total=disk.total,
            disk_free=disk.free,
            memory=read_memory(_MEMINFO.read_text(encoding="ascii")),
            cores=os.cpu_count() or 1,
            load=os.getloadavg()[0],
            uptime_s=float(_UPTIME.read_text(encoding="ascii").split()[0]),
            engine=await self._engine_version(),
            router=self.router_version(),
        )

    async def facts(self, actor: Actor) -> Facts:
        """How the machine is.

        Raises:
            Forbidden: the box itself is the admin's matter.
        """
        glance = await self.glance(actor)
        own = asyncio.to_thread(_size_of, self.folders.root)
        usage, own_bytes = await asyncio.gather(self._usage(), own)
        return Facts(
            **asdict(glance) | {"memory": glance.memory}, usage=usage, sotabox_bytes=own_bytes
        )

    def alarms(self, settings: Settings) -> tuple[Alarm, ...]:
        """What needs a person; asks nobody but the file system, as every page does so."""
        away_since = self.engine.away_since
        return alarms_of(
            settings,
            disk_free=shutil.disk_usage(self.folders.root).free,
            engine_away_since=format_time(away_since) if away_since else None,
            backups=read_record(self.folders.backup_record),
            now=datetime.now(UTC),
        )

    async def backups(self, actor: Actor) -> BackupRecord:
        """How the last scheduled backups went, and when one was last seen to be good.

        Raises:
            Forbidden: the box itself is the admin's matter.
        """
        actor.require_admin()
        return await asyncio.to_thread(read_record, self.folders.backup_record)

    async def _engine_version(self) -> str:
        if self.engine.away_since is not None:  # whoever watches it says so: no need to wait
            return ""
        try:
            async with asyncio.timeout(_ASK_S):
                return await self.engine.version()
        except (EngineUnavailable, EngineError, TimeoutError):
            return ""

    async def _usage(self) -> DiskUsage | None:
        try:
            async with asyncio.timeout(_ADD_UP_S):
                return await self.images.disk_usage()
        except (EngineUnavailable, EngineError, TimeoutError):
            return None


def read_memory(meminfo: str) -> Memory:
    r"""The memory in the text of `/proc/meminfo`.

    >>> read_memory("MemTotal: 2000 kB\nMemFree: 10 kB\nMemAvailable: 500 kB\n")
    Memory(total=2048000, available=512000)
    """
    rows = (line.split() for line in meminfo.splitlines())
    kib = {row[0].rstrip(":"): int(row[1]) for row in rows if len(row) > 1}
    return Memory(kib["MemTotal"] * 1024, kib.get("MemAvailable", 0) * 1024)


def _size_of(folder: Path) -> int:
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(parent, name)).st_size  # noqa: PTH118  many files
            except FileNotFoundError:  # gone since it was listed
                continue
    return total
