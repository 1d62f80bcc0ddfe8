"""How Railpack is driven: its command lines, and what it answers. Pure; `pipeline.railpack` runs them.

    railpack prepare     looks at the app, writes a plan and what it found out
    buildx or buildctl   builds that plan by Railpack's frontend, an image of the program's own version

Values of variables are never in a command line: both steps name them and read the environment.
Source: railpack.com, "Building with a custom frontend", "Production builds"; `railpack prepare --help`.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from sotabox.builds.plan import BuildPlan

PLAN_NAME: Final = "railpack-plan.json"
INFO_NAME: Final = "railpack-info.json"
#: Exit code of `prepare` for trouble that may pass, such as a download that failed.
TRY_AGAIN: Final = 75

_VERSION: Final = re.compile(r"\bv?(\d+\.\d+\.\d+\S*)")
_KINDS: Final = ("nodeRuntime", "pythonRuntime", "javaFramework", "phpLaravel", "rubyRails")
_NAMES: Final = {"next": "nextjs", "phpLaravel": "laravel", "rubyRails": "rails"}
_VAGUE: Final = frozenset({"node", "bun", "python", "static", "false", ""})


class BuildTool(StrEnum):
    """What talks to BuildKit for Railpack."""

    BUILDX = "buildx"
    BUILDCTL = "buildctl"


@dataclass(frozen=True, slots=True, kw_only=True)
class RailpackBuild:
    """One build of a prepared plan.

    Attributes:
        folder: the app's, the one that was analysed.
        scratch: where plan and information were written; not in `folder`.
        frontend: the frontend's image, without a tag; `version`: the program's, which it must share.
        cache_key: keeps the caches of projects apart.
        secrets_hash: over the values, as BuildKit's cache doesn't look at secrets.
    """

    folder: Path
    scratch: Path
    frontend: str
    version: str
    tag: str
    cache_key: str
    secrets_hash: str
    variables: Sequence[str]

    @property
    def image_file(self) -> Path:
        """Where buildctl leaves the image, for the engine to load."""
        return self.scratch / "image.tar"


def prepare_command(
    folder: Path, scratch: Path, plan: BuildPlan, variables: Sequence[str]
) -> tuple[str, ...]:
    """Looks at `folder`; `variables` are names, whose values it inherits."""
    command = ["railpack", "prepare", str(folder)]
    command += ["--plan-out", str(scratch / PLAN_NAME), "--info-out", str(scratch / INFO_NAME)]
    if plan.start:
        command += ["--start-cmd", plan.start]
    for name in sorted(variables):
        command += ["--env", name]
    return tuple(command)


def build_command(tool: BuildTool, build: RailpackBuild) -> tuple[str, ...]:
    """Builds what was prepared."""
    return _buildx(build) if tool is BuildTool.BUILDX else _buildctl(build)


def _buildx(build: RailpackBuild) -> tuple[str, ...]:
    command = ["docker", "buildx", "build", "--progress", "plain"]
    command += ["--build-arg", f"BUILDKIT_SYNTAX={build.frontend}:v{build.version}"]
    command += ["--file", str(build.scratch / PLAN_NAME)]
    command += ["--build-arg", f"cache-key={build.cache_key}"]
    command += ["--build-arg", f"secrets-hash={build.secrets_hash}"]
    for name in sorted(build.variables):
        command += ["--secret", f"id={name},env={name}"]
    return (*command, "--output", f"type=docker,name={build.tag}", str(build.folder))


def _buildctl(build: RailpackBuild) -> tuple[str, ...]:
    command = ["buildctl", "build", "--progress", "plain"]
    command += ["--local", f"context={build.folder}", "--local", f"dockerfile={build.scratch}"]
    command += ["--frontend", "gateway.v0"]
    command += ["--opt", f"source={build.frontend}:v{build.version}"]
    command += ["--opt", f"build-arg:cache-key={build.cache_key}"]
    command += ["--opt", f"build-arg:secrets-hash={build.secrets_hash}"]
    for name in sorted(build.variables):
        command += ["--secret", f"id={name},env={name}"]
    return (*command, "--output", f"type=docker,name={build.tag},dest={build.image_file}")


def read_version(text: str) -> str | None:
    """The version in what `railpack --version` prints."""
    found = _VERSION.search(text)
    return found[1] if found else None


@dataclass(frozen=True, slots=True)
class RailpackInfo:
    """What Railpack found out: why it can't plan the app (None if it can), and its framework."""

    problem: str | None
    framework: str | None


def read_info(text: str) -> RailpackInfo:
    """What Railpack says of an app in its information file."""
    info: dict[str, Any] = json.loads(text)
    if not info.get("success", True):
        logs = [str(line.get("msg", "")) for line in info.get("logs") or ()]
        return RailpackInfo("; ".join(filter(None, logs)) or "it gives no reason", None)
    return RailpackInfo(None, _framework(info.get("metadata") or {}))


def _framework(metadata: dict[str, Any]) -> str | None:
    for kind in _KINDS:
        value = str(metadata.get(kind) or "").lower()
        if value == "true":
            return _NAMES.get(kind)
        if value not in _VAGUE:
            return _NAMES.get(value, value)
    return str(metadata.get("providers") or "").partition(",")[0] or None
