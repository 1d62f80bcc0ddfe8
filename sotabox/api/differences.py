"""`/v1/projects/{project}/deployments/{deployment}/diff`."""

from typing import Annotated, Any

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from sotabox.api.contract import contract, one_of
from sotabox.api.envelope import one
from sotabox.errors import Invalid
from sotabox.model.difference import FieldChange, KeyChanges
from sotabox.operations import differences
from sotabox.operations.actor import Actor
from sotabox.operations.differences import Difference
from sotabox.web.box import Box


class FieldChangeOut(msgspec.Struct, kw_only=True):
    """A fact that is another one now; null where there was none."""

    field: str
    before: Any
    after: Any

    @classmethod
    def of(cls, change: FieldChange) -> "FieldChangeOut":
        return cls(field=change.field, before=change.before, after=change.after)


class KeyChangesOut(msgspec.Struct, kw_only=True):
    """Variables by what happened to them; never a value."""

    added: list[str]
    removed: list[str]
    changed: list[str]

    @classmethod
    def of(cls, changes: KeyChanges) -> "KeyChangesOut":
        return cls(added=changes.added, removed=changes.removed, changed=changes.changed)


class DifferenceOut(msgspec.Struct, kw_only=True):
    """What changed from deployment `before` to `after`; `env` is null where it is not kept."""

    before: str
    after: str
    same_image: bool
    image_bytes_before: int | None
    image_bytes_after: int | None
    release: list[FieldChangeOut]
    plan: list[FieldChangeOut]
    env: KeyChangesOut | None

    @classmethod
    def of(cls, found: Difference) -> "DifferenceOut":
        before, after = found.before, found.after
        return cls(
            before=before.id,
            after=after.id,
            same_image=before.image_id is not None and before.image_id == after.image_id,
            image_bytes_before=before.image_bytes,
            image_bytes_after=after.image_bytes,
            release=[FieldChangeOut.of(change) for change in found.release],
            plan=[FieldChangeOut.of(change) for change in found.plan],
            env=KeyChangesOut.of(found.env) if found.env else None,
        )


@get(
    "/projects/{project:str}/deployments/{deployment:str}/diff",
    opt=contract(one_of(DifferenceOut), errors=(Invalid,)),
)
async def diff_deployments(
    project: FromPath[str],
    deployment: FromPath[str],
    box: NamedDependency[Box],
    actor: NamedDependency[Actor],
    with_: Annotated[str | None, QueryParameter(name="with")] = None,
) -> Response[bytes]:
    """What changed from the deployment `?with=…` to this one."""
    found = await differences.diff(box.store, actor, project, deployment, with_)
    return one(DifferenceOut.of(found))


ROUTES = [diff_deployments]
