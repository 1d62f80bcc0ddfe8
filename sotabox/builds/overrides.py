"""What a person set about their app's build, from all places, merged.

Places, strongest first: the project's settings, `RAILPACK_*` variables of the project,
`sotabox.toml`, `railpack.json`. Language modules read this; `detect` applies what is the same for every language.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from sotabox.builds.versions import Wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """One place's wishes, or all places' merged; None and empty mean "not set".

    `origins` names for each field that is set where it came from, for the plan's reasons.
    """

    builder: str | None = None  # auto, dockerfile, railpack
    root_directory: str | None = None
    dockerfile: str | None = None
    install: str | None = None  # shell commands
    build: str | None = None
    start: str | None = None
    release: str | None = None
    port: int | None = None
    health_path: str | None = None
    packages: tuple[str, ...] = ()  # Debian packages of the final image
    build_packages: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)  # by tool
    static_root: str | None = None
    static_fallback: bool | None = None
    variables: Mapping[str, str] = field(default_factory=dict)  # of the build, from sotabox.toml
    run_variables: Mapping[str, str] = field(default_factory=dict)  # of the running app
    language: str | None = None  # the only one that is asked
    unread: tuple[str, ...] = ()  # what was said and has no effect here
    caches: bool | None = None
    railpack: Mapping[str, str] = field(default_factory=dict)  # RAILPACK_ variables, without prefix
    images: Mapping[str, str] = field(default_factory=dict)  # the box's base images by tool
    origins: Mapping[str, str] = field(default_factory=dict)

    def version(self, *tools: str) -> Wanted | None:
        """The version that a person set for a tool, under any of its names."""
        for tool in tools:
            if tool in self.versions:
                return Wanted(self.versions[tool], self.origin("versions"))
        return None

    def flag(self, name: str) -> bool:
        """Whether the variable `RAILPACK_{name}` is on (`1` or `true`)."""
        return self.railpack.get(name, "").strip().lower() in {"1", "true"}

    def origin(self, name: str) -> str:
        """Where the field `name` was set, in words."""
        return self.origins.get(name, "the project's settings")


def merge(*places: Overrides) -> Overrides:
    """All places as one, the first that sets a field wins; mappings are merged key by key."""
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for place in places:
        for spec in fields(Overrides):
            value = getattr(place, spec.name)
            if spec.name == "origins" or value is None or value in ((), {}):
                continue
            if isinstance(value, Mapping):
                values[spec.name] = {**value, **values.get(spec.name, {})}
            elif spec.name in values:
                continue
            else:
                values[spec.name] = value
            origins.setdefault(spec.name, place.origin(spec.name))
    return Overrides(**values, origins=origins)
