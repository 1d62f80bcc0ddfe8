"""What differs between two deployments of a project: plan, variables by key, image."""

import json
from dataclasses import dataclass

import msgspec

from sotabox.errors import Detail, Invalid
from sotabox.model.deployment import Deployment
from sotabox.model.difference import FieldChange, KeyChanges, diff_fields, diff_keys
from sotabox.operations import deployments
from sotabox.operations.actor import Actor
from sotabox.store.store import Store


@dataclass(frozen=True, slots=True)
class Difference:
    """From `before` to `after`.

    `release` and `plan` list the facts that changed; `env` says so of the variables with which they
    were started, never a value, and is None where those are not kept.
    """

    before: Deployment
    after: Deployment
    release: list[FieldChange]
    plan: list[FieldChange]
    env: KeyChanges | None


async def diff(
    store: Store, actor: Actor, ref: str, deployment_id: str, other_id: str | None
) -> Difference:
    """What changed from deployment `other_id` to `deployment_id`.

    Raises:
        NotFound: the project has one of them not.
        Invalid: nothing is named to compare with.
    """
    after = await deployments.get(store, actor, ref, deployment_id)
    if not other_id:
        problem = "name the deployment to compare with"
        raise Invalid(f"with: {problem}", details=[Detail("with", problem)])
    before = await deployments.get(store, actor, ref, other_id)
    old, new = await _variables(store, before), await _variables(store, after)
    return Difference(
        before,
        after,
        diff_fields(_release(before), _release(after)),
        diff_fields(_plan(before), _plan(after)),
        None if old is None or new is None else diff_keys(old, new),
    )


def _release(deployment: Deployment) -> dict[str, object]:
    return {
        "build_method": deployment.build_method,
        "framework": deployment.framework,
        "port": deployment.port,
        "origin": msgspec.to_builtins(deployment.origin) or {},
    }


def _plan(deployment: Deployment) -> dict[str, object]:
    return dict(json.loads(deployment.plan)) if deployment.plan else {}


async def _variables(store: Store, deployment: Deployment) -> dict[str, object] | None:
    if deployment.env_digest is None:
        return None
    kept = await store.env_snapshots.find(deployment.project_id, deployment.env_digest)
    return None if kept is None else {v.key: (v.value, v.target) for v in kept}
