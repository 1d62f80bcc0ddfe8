"""Locks by project, there for as long as somebody holds or awaits one."""

import asyncio
from weakref import WeakValueDictionary


class ProjectLocks:
    """One lock a project; those who wait get it in the order in which they asked."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def of(self, project_id: str) -> asyncio.Lock:
        """The lock of a project."""
        lock = self._locks.get(project_id)
        if lock is None:
            lock = self._locks[project_id] = asyncio.Lock()
        return lock
