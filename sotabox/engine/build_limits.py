"""What keeps builds from taking the apps down: bounds on the control groups of their steps.

BuildKit ignores limits in a build's request, so they are written where its steps run (see `cgroups`).
CPU and disk are shared by weight: a build takes what the apps leave, and all of it on an idle box.
Swap is not bounded: whoever gave the machine some wants large builds to pass.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sotabox.engine.cgroups import (
    ROOT,
    EngineGroups,
    Group,
    Hierarchy,
    ensure_parent,
    find_hierarchy,
    find_loose_steps,
)
from sotabox.engine.diagnosis import BuildFailed, out_of_memory
from sotabox.engine.oom import OomWatch

#: A tenth of an app's. Not the scheduler's idle class: beside an app that spins on all cores no
#: build would ever end, not even that of its correction.
_CPU_WEIGHT: Final = 10
_CPU_SHARES: Final = 102
_IO_WEIGHT: Final = 10
_CPU_PERIOD_US: Final = 100_000
_LOOK_S: Final = 0.05

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildLimits:
    """What all builds together may use. `cpus`: cores, 0 for all; `pids`: processes and threads."""

    memory_bytes: int
    cpus: float
    pids: int


@dataclass(frozen=True, slots=True)
class Bound:
    """One value for one controller; of `files` the first that the kernel has is written.

    `optional`: schedulers differ in having it, and its absence is no reason for a warning.
    """

    controller: str
    files: tuple[str, ...]
    value: str
    optional: bool = False


def bounds_of(limits: BuildLimits, version: int) -> tuple[Bound, ...]:
    """What is written into a group, in words of its version of control groups."""
    quota_us = round(limits.cpus * _CPU_PERIOD_US)
    memory, pids = str(limits.memory_bytes), str(limits.pids)
    if version == 1:
        return (
            Bound("memory", ("memory.limit_in_bytes",), memory),
            Bound("cpu", ("cpu.shares",), str(_CPU_SHARES)),
            Bound("cpu", ("cpu.cfs_quota_us",), str(quota_us or -1)),
            Bound("pids", ("pids.max",), pids),
            Bound("io", ("blkio.weight", "blkio.bfq.weight"), str(_IO_WEIGHT), optional=True),
        )
    return (
        Bound("memory", ("memory.max",), memory),
        Bound("cpu", ("cpu.weight",), str(_CPU_WEIGHT)),
        Bound("cpu", ("cpu.max",), f"{quota_us or 'max'} {_CPU_PERIOD_US}"),
        Bound("pids", ("pids.max",), pids),
        Bound("io", ("io.weight", "io.bfq.weight"), f"default {_IO_WEIGHT}", optional=True),
    )


def write_bounds(bounds: Sequence[Bound], groups: Iterable[Group]) -> list[str]:
    """Writes what concerns each group; what could not be written, in words."""
    problems = []
    for group in groups:
        for bound in bounds:
            if bound.controller != group.controller:
                continue
            if (file := _first(group.folder, bound.files)) is None:
                if not bound.optional:
                    problems.append(f"{group.folder / bound.files[0]} is not there")
                continue
            try:
                file.write_text(bound.value, encoding="ascii")
            except FileNotFoundError:
                pass  # a step that ended meanwhile
            except OSError as error:
                problems.append(f"{file}: {error.strerror}")
    return problems


def _first(folder: Path, names: Iterable[str]) -> Path | None:
    return next((folder / name for name in names if (folder / name).exists()), None)


class BuildLimiter:
    """Bounds builds while they run."""

    def __init__(
        self, engine: Callable[[], Awaitable[EngineGroups]], limits: BuildLimits, root: Path = ROOT
    ) -> None:
        """Bounds for the builds of an engine, which tells by `engine` where it makes its groups."""
        self._engine = engine
        self._limits = limits
        self._root = root

    @asynccontextmanager
    async def bounded(self, on_line: Callable[[str], None]) -> AsyncIterator[None]:
        """Bounds what the block builds; says in the log what can't be bounded.

        Raises:
            BuildFailed: the block's own failure, told as lack of memory where that was its cause.
        """
        hierarchy = await asyncio.to_thread(find_hierarchy, self._root)
        engine = await self._engine()
        if hierarchy is None or engine.driver not in ("cgroupfs", "systemd"):
            on_line("Warning: this machine has no control groups, so the build runs without limits")
            yield
        elif engine.driver == "systemd":
            async with self._each_step_bounded(hierarchy, engine, on_line):
                yield
        else:
            async with self._all_bounded(hierarchy, engine, on_line):
                yield

    @asynccontextmanager
    async def _all_bounded(
        self, hierarchy: Hierarchy, engine: EngineGroups, on_line: Callable[[str], None]
    ) -> AsyncIterator[None]:
        bounds = bounds_of(self._limits, hierarchy.version)
        try:
            groups = await asyncio.to_thread(ensure_parent, hierarchy, engine)
        except OSError as error:
            _warn([f"{error.filename}: {error.strerror}"], on_line)
            yield
            return
        _warn(await asyncio.to_thread(write_bounds, bounds, groups), on_line)
        memory = [group.folder for group in groups if group.controller == "memory"]
        with OomWatch(hierarchy.version, memory) as watch:
            try:
                yield
            except BuildFailed as failure:
                if watch.killed():
                    raise out_of_memory(self._limits.memory_bytes, failure) from failure
                raise

    @asynccontextmanager
    async def _each_step_bounded(
        self, hierarchy: Hierarchy, engine: EngineGroups, on_line: Callable[[str], None]
    ) -> AsyncIterator[None]:
        watching = asyncio.create_task(
            self._follow_steps(hierarchy, engine, on_line), name="bound steps"
        )
        try:
            yield
        finally:
            watching.cancel()
            for outcome in await asyncio.gather(watching, return_exceptions=True):
                if isinstance(outcome, Exception):
                    _logger.error("steps of a build were not bounded", exc_info=outcome)

    async def _follow_steps(
        self, hierarchy: Hierarchy, engine: EngineGroups, on_line: Callable[[str], None]
    ) -> None:
        """Bounds each step soon after it began."""
        bounds = bounds_of(self._limits, hierarchy.version)
        known: set[Group] = set()
        warned = False
        while True:
            running = set(await asyncio.to_thread(find_loose_steps, hierarchy, engine))
            problems = await asyncio.to_thread(write_bounds, bounds, running - known)
            if not warned:
                warned = _warn(problems, on_line)
            known = running
            await asyncio.sleep(_LOOK_S)


def _warn(problems: Sequence[str], on_line: Callable[[str], None]) -> bool:
    if problems:
        on_line(f"Warning: the build runs without some of its limits: {'; '.join(problems)}")
    return bool(problems)
