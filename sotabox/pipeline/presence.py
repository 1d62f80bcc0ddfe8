"""Knows which containers of an app that serves are down at this moment, and tells pages of it."""

import logging
from dataclasses import dataclass, field

from sotabox.engine.events import ContainerEvent
from sotabox.errors import SotaboxError
from sotabox.events import Bus, ReplicasChanged
from sotabox.model.deployment import Deployment
from sotabox.store.store import Store

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """Held in memory alone: what was missed while the box was away, its start has repaired."""

    store: Store
    bus: Bus
    _down: dict[str, str] = field(default_factory=dict)  # project by container

    def up(self, deployment: Deployment) -> int:
        """How many of a deployment's containers run, as far as the engine has told."""
        return sum(id_ not in self._down for id_ in deployment.container_ids)

    async def on_event(self, event: ContainerEvent) -> None:
        """Takes in what happened to a container."""
        if event.project_id is None or event.action not in {"start", "die", "destroy"}:
            return
        try:
            await self._take_in(event, event.project_id)
        except SotaboxError as error:
            _logger.warning("the containers that run could not be counted: %s", error)

    async def settle(self, project_id: str | None) -> None:
        """After a repair: forgets what was replaced."""
        if project_id is None or not self._down_of(project_id):
            return
        try:
            await self._forget(project_id, self._down_of(project_id))
        except SotaboxError as error:
            _logger.warning("the containers that run could not be counted: %s", error)

    async def _take_in(self, event: ContainerEvent, project_id: str) -> None:
        before = self._down_of(project_id)
        if event.action == "start":
            self._down.pop(event.container_id, None)
        else:
            self._down[event.container_id] = project_id
        await self._forget(project_id, before)

    async def _forget(self, project_id: str, before: set[str]) -> None:
        """Forgets what does not serve any more, and tells where that, or what was, is a change."""
        serving = await self.store.deployments.running(project_id)
        for id_ in self._down_of(project_id):
            if serving is None or id_ not in serving.container_ids:
                self._down.pop(id_, None)  # it was replaced, or serves no more
        if self._down_of(project_id) != before:
            self.bus.publish(ReplicasChanged(project_id))

    def _down_of(self, project_id: str) -> set[str]:
        return {id_ for id_, owner in self._down.items() if owner == project_id}
