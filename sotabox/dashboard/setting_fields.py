"""The settings of a project as the fields of a form: what each is called, and how its text is read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sotabox.errors import Detail, Invalid
from sotabox.model.guard import PERCENT_DEFAULT
from sotabox.model.project_settings import BUILDERS, ProjectSettings
from sotabox.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field; `kind` is how its text is read, `options` are what can be chosen."""

    name: str
    label: str
    kind: type[int] | type[float] | type[str]
    hint: str
    options: tuple[str, ...] = ()

    @property
    def inputmode(self) -> str:
        """Which keyboard a phone shows."""
        return {int: "numeric", float: "decimal", str: ""}[self.kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Fields that belong together."""

    id: str
    title: str
    fields: tuple[Field, ...]


def _text(name: str, label: str, hint: str) -> Field:
    return Field(name=name, label=label, kind=str, hint=hint)


def _whole(name: str, label: str, hint: str) -> Field:
    return Field(name=name, label=label, kind=int, hint=hint)


GROUPS: Final = (
    Group(
        id="build",
        title="Build",
        fields=(
            Field(
                name="builder",
                label="Builder",
                kind=str,
                hint="How an image is made of the source.",
                options=BUILDERS,
            ),
            _text("root_directory", "Root directory", "Where the app lies, such as apps/web."),
            _text("build_command", "Build command", "In place of what the build finds."),
            _text("start_command", "Start command", "In place of what the build finds."),
        ),
    ),
    Group(
        id="run",
        title="Container",
        fields=(
            _whole("port", "Port", "Where the app listens; it is told so in PORT."),
            _whole("memory_mb", "Memory, MB", "The app is ended when it takes more."),
            Field(name="cpus", label="CPU, cores", kind=float, hint="Such as 0.5 or 2."),
            _whole("pids", "Processes", "Threads count as well."),
            _whole("replicas", "Replicas", "Containers side by side, up to 8, each with all this."),
        ),
    ),
    Group(
        id="swap",
        title="Health and swap",
        fields=(
            _text("health_path", "Health path", "Must answer before visitors come."),
            _whole("health_timeout_s", "Health time-out, seconds", "Then the deployment fails."),
            _whole("drain_timeout_s", "Drain time, seconds", "For what the old version has open."),
        ),
    ),
    Group(
        id="guard",
        title="Guard",
        fields=(
            _whole(
                "guard_minutes",
                "Watch a new version, minutes",
                "If it fails its visitors, the box goes back by itself. 0 is off.",
            ),
            Field(
                name="guard_5xx_percent",
                label="Server errors allowed, per cent",
                kind=float,
                hint="Of the answers of a minute.",
            ),
        ),
    ),
)
FIELDS: Final = tuple(field for group in GROUPS for field in group.fields)


def texts_of(settings: ProjectSettings) -> dict[str, str]:
    """What stands in the fields; nothing where the box decides."""
    return {field.name: _show(getattr(settings, field.name)) for field in FIELDS}


def read_texts(texts: Mapping[str, str]) -> dict[str, Any]:
    """The settings that the fields say.

    Raises:
        Invalid: a field that takes a number has none.
    """
    values: dict[str, Any] = {}
    problems = []
    for field in FIELDS:
        text = texts[field.name].strip()
        try:
            values[field.name] = field.kind(text) if text else None
        except ValueError:
            wanted = "a whole number" if field.kind is int else "a number, such as 0.5"
            problems.append(Detail(field.name, f"use {wanted}"))
    if problems:
        raise Invalid("These can't be settings", details=problems)
    return values


def defaults_of(box: Settings) -> dict[str, str]:
    """What counts where a field is left empty, as its placeholder says it."""
    return {
        "memory_mb": _show(box.app_memory_mb),
        "cpus": _show(box.app_cpus),
        "pids": _show(box.app_pids),
        "health_path": "/",
        "health_timeout_s": _show(box.health_timeout_s),
        "drain_timeout_s": _show(box.drain_timeout_s),
        "port": "what the build finds",
        "guard_minutes": "0",
        "guard_5xx_percent": _show(PERCENT_DEFAULT),
        "builder": BUILDERS[0],
        "replicas": "1",
    }


def _show(value: object) -> str:
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)
