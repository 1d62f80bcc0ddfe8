"""The machine under a box: how full it is, what works, and how to make room."""

import asyncio
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sotabox.engine.client import Engine, EngineError
from sotabox.engine.images import DiskUsage, Images
from sotabox.errors import EngineUnavailable
from sotabox.operations.actor import Actor
from sotabox.store.folders import Folders
from sotabox.upkeep.record import BackupRecord, read_record

_MEMINFO: Final = Path("/proc/meminfo")
_UPTIME: Final = Path("/proc/uptime")


@dataclass(frozen=True, slots=True)
class Memory:
    """The machine's memory in bytes."""

    total: int
    available: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """How the machine is at this moment. `usage` and `engine` are empty while Docker is away."""

    disk_total: int
    disk_free: int
    memory: Memory
    cores: int
    load: float  # processes that wanted a core, over the last minute
    uptime_s: float
    engine: str
    usage: DiskUsage | None
    router: str  # Caddy's version; empty while it is away
    sotabox_bytes: int  # archives, logs, database


@dataclass(frozen=True, slots=True)
class Host:
    """What of the machine can be asked and cleared."""

    engine: Engine
    images: Images
    folders: Folders
    router_version: Callable[[], str]

    async def facts(self, actor: Actor) -> Facts:
        """How the machine is.

        Raises:
            Forbidden: the box itself is the admin's matter.
        """
        actor.require_admin()
        disk = shutil.disk_usage(self.folders.root)
        version, usage = await self._engine()
        return Facts(
            disk_total=disk.total,
            disk_free=disk.free,
            memory=read_memory(_MEMINFO.read_text(encoding="ascii")),
            cores=os.cpu_count() or 1,
            load=os.getloadavg()[0],
            uptime_s=float(_UPTIME.read_text(encoding="ascii").split()[0]),
            engine=version,
            usage=usage,
            router=self.router_version(),
            sotabox_bytes=await asyncio.to_thread(_size_of, self.folders.root),
        )

    async def backups(self, actor: Actor) -> BackupRecord:
        """How the last scheduled backups went, and when one was last seen to be good.

        Raises:
            Forbidden: the box itself is the admin's matter.
        """
        actor.require_admin()
        return await asyncio.to_thread(read_record, self.folders.backup_record)

    async def free_space(self, actor: Actor) -> int:
        """Bytes freed by dropping images that nothing refers to, and the build cache.

        What a rollback needs stays. The next builds take longer: they load and compile anew.

        Raises:
            Forbidden, EngineUnavailable: not by this actor; not now.
        """
        actor.require_admin()
        return await self.images.prune_dangling_ours() + await self.images.trim_cache(0)

    async def _engine(self) -> tuple[str, DiskUsage | None]:
        try:
            async with asyncio.timeout(5):
                info, usage = await asyncio.gather(self.engine.info(), self.images.disk_usage())
        except (EngineUnavailable, EngineError, TimeoutError):
            return "", None
        return str(info.get("ServerVersion", "")), usage


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
