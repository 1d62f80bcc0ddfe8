"""A project's settings as the API sends and takes them."""

import msgspec
from msgspec import UNSET, UnsetType

from sotabox.model.project_settings import ProjectSettings


class SettingsOut(msgspec.Struct, kw_only=True):
    """A project's settings; null is what the box says, or what a build finds by itself.

    `builder`, `root_directory` and the commands count from the next build, all else from the next
    start of a container; more memory and CPU at once. `guard_minutes` is how long a new version is
    watched: one with more server errors than `guard_5xx_percent`, or that ends by itself again and
    again, gives way to the version before. `replicas`, 1 to 8, is how many containers serve side by
    side from the next deployment on, a redeploy too; each has `memory_mb` and `cpus` for itself.
    """

    memory_mb: int | None
    cpus: float | None
    pids: int | None
    health_path: str | None
    health_timeout_s: int | None
    drain_timeout_s: int | None
    port: int | None
    builder: str | None
    root_directory: str | None
    build_command: str | None
    start_command: str | None
    guard_minutes: int | None
    guard_5xx_percent: float | None
    replicas: int | None

    @classmethod
    def of(cls, settings: ProjectSettings) -> "SettingsOut":
        return cls(**msgspec.structs.asdict(settings))


class SettingsIn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays as it is; null gives it back to the box."""

    memory_mb: int | UnsetType | None = UNSET
    cpus: float | UnsetType | None = UNSET
    pids: int | UnsetType | None = UNSET
    health_path: str | UnsetType | None = UNSET
    health_timeout_s: int | UnsetType | None = UNSET
    drain_timeout_s: int | UnsetType | None = UNSET
    port: int | UnsetType | None = UNSET
    builder: str | UnsetType | None = UNSET
    root_directory: str | UnsetType | None = UNSET
    build_command: str | UnsetType | None = UNSET
    start_command: str | UnsetType | None = UNSET
    guard_minutes: int | UnsetType | None = UNSET
    guard_5xx_percent: float | UnsetType | None = UNSET
    replicas: int | UnsetType | None = UNSET
