"""What a project's containers may use: what it asks for, else what the box gives; within the plan of
its owner.
"""  # noqa: D205

from typing import Final

from sotabox.model.project import Limits, Project
from sotabox.model.project_settings import ProjectSettings
from sotabox.model.user import QUOTAS, Plan
from sotabox.settings import Settings
from sotabox.store.store import Store

_NOTHING: Final = ProjectSettings()


def limit(settings: Settings, plan: Plan, own: ProjectSettings = _NOTHING) -> Limits:
    """The limits of a container on a plan: the smaller of the plan's and the project's or box's."""
    quota = QUOTAS[plan]
    memory_mb = settings.app_memory_mb if own.memory_mb is None else own.memory_mb
    cpus = settings.app_cpus if own.cpus is None else own.cpus
    return Limits(
        memory_mb if quota.memory_mb is None else min(memory_mb, quota.memory_mb),
        cpus if quota.cpus is None else min(cpus, quota.cpus),
        settings.app_pids if own.pids is None else own.pids,
    )


def granted_replicas(plan: Plan, wanted: int) -> int:
    """How many containers of a version a plan gives to who wants so many."""
    most = QUOTAS[plan].replicas
    return wanted if most is None else min(wanted, most)


class PlanLimits:
    """Looks the limits up at each start of a container, so that a new plan counts from the next."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings = settings
        self._store = store

    async def of(self, project: Project) -> Limits:
        """The limits of a project's containers."""
        plan = await self._plan(project)
        own = await self._store.project_settings.of(project.id)
        return limit(self._settings, plan, own)

    async def replicas(self, project: Project, wanted: int) -> int:
        """How many containers of a version a project may have, of those that it asks for."""
        return 1 if wanted == 1 else granted_replicas(await self._plan(project), wanted)

    async def _plan(self, project: Project) -> Plan:
        owner = await self._store.users.find(project.user_id)
        return owner.plan if owner else Plan.BOX
