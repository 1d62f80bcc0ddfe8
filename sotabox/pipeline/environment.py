"""The variables with which a release runs."""

from collections.abc import Mapping

from sotabox.model.deployment import Deployment
from sotabox.model.environment import run_env
from sotabox.store.store import Store


async def kept_env(store: Store, deployment: Deployment) -> Mapping[str, str] | None:
    """What a deployment was started with; None where that is not decided, or not kept, yet."""
    if deployment.env_digest is None:
        return None
    variables = await store.env_snapshots.find(deployment.project_id, deployment.env_digest)
    return None if variables is None else run_env(variables)


async def todays_env(store: Store, deployment: Deployment) -> Mapping[str, str]:
    """What the project's variables are now; from here on that is what the deployment runs with."""
    variables = await store.env_vars.of_project(deployment.project_id)
    digest = await store.env_snapshots.keep(deployment.project_id, variables)
    await store.deployments.record(deployment.id, env_digest=digest)
    return run_env(variables)
