"""What the API sends and takes. Every field is always present; nothing appears that isn't here."""

from typing import Any

import msgspec

from sotabox.api.source_schemas import CommitOut, ImageOut, archive_name
from sotabox.model.crash_loop import CrashLoop, Health
from sotabox.model.deployment import SETTLED, Deployment
from sotabox.model.environment import EnvVar, Target
from sotabox.model.project import Project
from sotabox.model.swap import SwapReport
from sotabox.model.user import ApiKey
from sotabox.operations.deployments import Latest
from sotabox.operations.env_vars import Diff
from sotabox.operations.releases import EnvChoice


class ProjectOut(msgspec.Struct, kw_only=True):
    """A project; `user_id` is its owner.

    `status` is that of its newest deployment, or `running` while that one is settled and another
    serves; `paused` while it is paused and nothing is under way; null before the first. `url`,
    without a scheme, while something serves; `replicas`, how many containers do.
    `health` is of what serves: `healthy`, or `degraded` while it ends by itself again and again, of
    which `crash_loop` tells.
    """

    id: str
    user_id: str
    name: str
    slug: str
    status: str | None
    url: str | None
    replicas: int
    health: Health | None
    crash_loop: CrashLoop | None
    created_at: str
    updated_at: str

    @classmethod
    def of(cls, project: Project, latest: Latest | None) -> "ProjectOut":
        return cls(
            id=project.id,
            user_id=project.user_id,
            name=project.name,
            slug=project.slug,
            status=_status(project, latest),
            url=latest.running.url if latest and latest.running else None,
            replicas=len(latest.running.replicas) if latest and latest.running else 0,
            health=latest.running.health if latest and latest.running else None,
            crash_loop=latest.running.crash_loop if latest and latest.running else None,
            created_at=project.created_at,
            updated_at=project.updated_at,
        )


def _status(project: Project, latest: Latest | None) -> str | None:
    if project.paused and (latest is None or latest.newest.status in SETTLED):
        return "paused"
    return latest.status if latest else None


class DeploymentOut(msgspec.Struct, kw_only=True):
    """A deployment.

    `error_message` and `error` are equal: the documentation names one, the clients read the other.
    `url` has no scheme, as the official command line puts one in front.
    """

    id: str
    project_id: str
    status: str
    image_tag: str | None
    build_method: str | None
    framework: str | None
    error_message: str | None
    error: str | None
    url: str | None
    health: Health | None
    crash_loop: CrashLoop | None
    created_at: str
    updated_at: str
    number: int
    source: str
    source_deployment_id: str | None
    hint: str | None
    duration_ms: dict[str, int]
    created_by: str | None
    swap: SwapReport | None
    image: ImageOut | None
    commit: CommitOut | None
    archive_name: str | None
    image_bytes: int | None

    @classmethod
    def of(cls, deployment: Deployment) -> "DeploymentOut":
        return cls(
            id=deployment.id,
            project_id=deployment.project_id,
            status=deployment.status,
            image_tag=deployment.image_tag,
            build_method=deployment.build_method,
            framework=deployment.framework,
            error_message=deployment.error,
            error=deployment.error,
            url=deployment.url,
            health=deployment.health,
            crash_loop=deployment.crash_loop,
            created_at=deployment.created_at,
            updated_at=deployment.updated_at,
            number=deployment.number,
            source=deployment.source,
            source_deployment_id=deployment.source_deployment_id,
            hint=deployment.hint,
            duration_ms=deployment.phases,
            created_by=deployment.created_by,
            swap=deployment.swap,
            image=ImageOut.of(deployment.origin),
            commit=CommitOut.of(deployment.origin),
            archive_name=archive_name(deployment.origin),
            image_bytes=deployment.image_bytes,
        )


class EnvVarOut(msgspec.Struct, kw_only=True):
    """A variable; masked, its value is empty."""

    id: str
    project_id: str
    key: str
    value: str
    target: str
    created_at: str
    updated_at: str

    @classmethod
    def of(cls, variable: EnvVar) -> "EnvVarOut":
        return cls(
            id=variable.id,
            project_id=variable.project_id,
            key=variable.key,
            value=variable.value,
            target=variable.target,
            created_at=variable.created_at,
            updated_at=variable.updated_at,
        )


class EnvDiffOut(msgspec.Struct, kw_only=True):
    """Keys of variables by what happened to them, never values.

    `deployment_id`: since which deployment; null where it is what this request has done.
    """

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    deployment_id: str | None

    @classmethod
    def of(cls, diff: Diff, deployment_id: str | None = None) -> "EnvDiffOut":
        return cls(
            added=diff.added,
            changed=diff.changed,
            removed=diff.removed,
            deployment_id=deployment_id,
        )


class ApiKeyOut(msgspec.Struct, kw_only=True):
    """An API key, without its text."""

    id: str
    name: str
    key_prefix: str
    last_used_at: str | None
    expires_at: str | None
    created_at: str

    @classmethod
    def of(cls, key: ApiKey) -> "ApiKeyOut":
        return cls(
            id=key.id,
            name=key.name,
            key_prefix=key.key_prefix,
            last_used_at=key.last_used_at,
            expires_at=key.expires_at,
            created_at=key.created_at,
        )


class NewApiKeyOut(msgspec.Struct, kw_only=True):
    """A new API key with its text: the only time that it is shown."""

    id: str
    name: str
    key: str
    key_prefix: str
    expires_at: str | None
    created_at: str


class NewProjectIn(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    slug: str | None = None


class ProjectChangeIn(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    slug: Any = msgspec.UNSET  # taken only to be refused with a reason


class EnvVarIn(msgspec.Struct, forbid_unknown_fields=True):
    """`target`: when the variable is there; without it, it stays as it is, at first `both`."""

    key: str
    value: str
    target: Target | None = None


class RollbackIn(msgspec.Struct, forbid_unknown_fields=True):
    """`deployment_id` picks a release; without it, it is the previous one.

    `env`: whether it runs with today's variables, or with those that the release had.
    """

    deployment_id: str | None = None
    env: EnvChoice = EnvChoice.TODAY


class NewApiKeyIn(msgspec.Struct, forbid_unknown_fields=True):
    """`expires_at` in RFC 3339; without it, a key works until it is revoked."""

    name: str
    expires_at: str | None = None
