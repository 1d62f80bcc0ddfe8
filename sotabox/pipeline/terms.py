"""On what terms a project is built and run: its own settings, else the box's."""

from dataclasses import dataclass

from sotabox.builds.overrides import Overrides
from sotabox.model.project import Project
from sotabox.model.project_settings import ProjectSettings
from sotabox.settings import Settings
from sotabox.store.store import Store


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for a project now; `own` is what it said itself. Limits: `pipeline.limits`."""

    own: ProjectSettings
    health_timeout_s: int
    drain_timeout_s: int
    replicas: int

    @property
    def overrides(self) -> Overrides:
        """What the project says about its build.

        The health path isn't in it: a release's plan outlives a setting that is taken back.
        """
        own = self.own
        return Overrides(
            builder=own.builder,
            root_directory=own.root_directory,
            build=own.build_command,
            start=own.start_command,
            port=own.port,
        )

    def health_path(self, planned: str | None) -> str:
        """What the health check asks for; `planned` is what the release's plan says."""
        return self.own.health_path or planned or "/"


async def terms_of(store: Store, settings: Settings, project: Project) -> Terms:
    """The terms of a project at this moment."""
    return decide_terms(settings, await store.project_settings.of(project.id))


def decide_terms(settings: Settings, own: ProjectSettings) -> Terms:
    """The project's word before the box's."""
    health_s, drain_s = own.health_timeout_s, own.drain_timeout_s
    return Terms(
        own=own,
        health_timeout_s=settings.health_timeout_s if health_s is None else health_s,
        drain_timeout_s=settings.drain_timeout_s if drain_s is None else drain_s,
        replicas=own.replicas or 1,
    )
