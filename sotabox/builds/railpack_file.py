"""`railpack.json`, as people bring it along: what of it our builder does, and what it names as unread.

Source: Railpack's documentation, "Configuration file".
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sotabox.builds.jsonc import parse_jsonc
from sotabox.builds.overrides import Overrides
from sotabox.builds.railpack import PREFIX
from sotabox.errors import Invalid

NAME: Final = "railpack.json"
#: Its providers by name, as languages of ours.
PROVIDERS: Final[Mapping[str, str]] = {
    "cpp": "cpp", "deno": "deno", "dotnet": "dotnet", "elixir": "elixir", "gleam": "gleam",
    "golang": "go", "go": "go", "java": "java", "node": "node", "php": "php", "python": "python",
    "ruby": "ruby", "rust": "rust", "shell": "shell", "staticfile": "static",
}  # fmt: skip
#: In a list: "and what would be there without this file".
_REST: Final = "..."
_STEPS: Final = {"install": "install", "build": "build"}


def file_name(env: Mapping[str, str]) -> str:
    """The file's name: the one that a variable gives, else the usual one."""
    return env.get(f"{PREFIX}CONFIG_FILE", "").strip().removeprefix("./") or NAME


def parse_railpack(text: str, name: str = NAME) -> Overrides:
    """What a `railpack.json` sets, with comments allowed.

    Raises:
        Invalid: it is no JSON object, or its provider is unknown.
    """
    try:
        data = parse_jsonc(text)
    except ValueError as error:
        raise Invalid(f"{name} is not valid JSON: {error}") from error
    if not isinstance(data, dict):
        raise Invalid(f"{name} is not a JSON object")
    deploy, steps = _table(data.get("deploy")), _table(data.get("steps"))
    commands = {field: _joined(_table(steps.get(step))) for step, field in _STEPS.items()}
    values: dict[str, Any] = {
        "language": _language(data.get("provider"), name),
        "versions": {tool: str(version) for tool, version in _table(data.get("packages")).items()},
        "build_packages": _names(data.get("buildAptPackages")),
        "packages": _names(deploy.get("aptPackages")),
        "start": deploy.get("startCommand") or None,
        "variables": _texts(_table(steps.get("build")).get("variables")),
        "run_variables": _texts(deploy.get("variables")),
        "unread": tuple(f"{path} in {name}" for path in _unread(data, deploy, steps)),
        **commands,
    }
    return Overrides(**values, origins=dict.fromkeys(values, name))


def _language(provider: Any, name: str) -> str | None:
    if not provider:
        return None
    if provider not in PROVIDERS:
        known = ", ".join(PROVIDERS)
        raise Invalid(f"{name}: unknown provider {provider!r}", hint=f"Known here: {known}.")
    return PROVIDERS[provider]


def _joined(step: Mapping[str, Any]) -> str | None:
    """A step's commands as one; None if there are none, or any of them is more than a command."""
    commands = [_command(item) for item in _list(step.get("commands"))]
    if not commands or not all(commands):
        return None
    return " && ".join(command for command in commands if command)


def _command(item: Any) -> str:
    if isinstance(item, dict):
        item = item.get("cmd")
    if not isinstance(item, str) or item == _REST or item.startswith(("COPY:", "PATH:")):
        return ""
    return item


def _unread(
    data: Mapping[str, Any], deploy: Mapping[str, Any], steps: Mapping[str, Any]
) -> Iterator[str]:
    """What has no effect, by its path in the file."""
    known = {"$schema", "provider", "packages", "buildAptPackages", "steps", "deploy"}
    yield from (key for key in data if key not in known)
    known = {"startCommand", "aptPackages", "variables"}
    yield from (f"deploy.{key}" for key in deploy if key not in known)
    for step, content in steps.items():
        table = _table(content)
        if step not in _STEPS:
            yield f"steps.{step}"
            continue
        known = {"commands", "variables"} if step == "build" else {"commands"}
        yield from (f"steps.{step}.{key}" for key in table if key not in known)
        if _list(table.get("commands")) and _joined(table) is None:
            yield f"steps.{step}.commands"


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _names(value: Any) -> tuple[str, ...]:
    return tuple(item for item in _list(value) if isinstance(item, str) and item != _REST)


def _texts(value: Any) -> dict[str, str]:
    return {name: text for name, text in _table(value).items() if isinstance(text, str)}
