"""What serves a project's visitors now."""

from sotabox.errors import NothingRunning
from sotabox.model.deployment import Deployment
from sotabox.model.project import Project
from sotabox.store.store import Store


async def get_running(store: Store, project: Project) -> Deployment:
    """The deployment that serves a project's visitors.

    Raises:
        NothingRunning: none does; the hint starts one.
    """
    running = await store.deployments.running(project.id)
    if running is not None:
        return running
    if project.paused:
        raise NothingRunning("This project is paused", hint="Start it again: sotabox resume")
    raise NothingRunning("Nothing is running in this project", hint="Deploy it: sotabox deploy")
