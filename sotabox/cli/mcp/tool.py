"""What a tool is: its name and arguments, as a client reads them, and what it does."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from sotabox.cli.remote import Remote
from sotabox.errors import BadRequest, Detail, Invalid

_KINDS: Final[Mapping[str, type]] = {"string": str, "integer": int, "boolean": bool}


class Cancelled(Exception):
    """The client took back its request: nobody waits for an answer."""


class ToolFailed(Exception):
    """A tool did what it could, and the app's part of it failed; its text is for the model."""


@dataclass(slots=True)
class Call:
    """One use of a tool, under way.

    Attributes:
        tell: says how it goes on.
        ended: set once nobody waits any longer: it was taken back, or the client has left.
        taken_back: the first of the two.
    """

    tell: Callable[[str], None]
    ended: threading.Event = field(default_factory=threading.Event)
    taken_back: bool = False

    def check(self) -> None:
        """Ends the work of a request that was taken back.

        Raises:
            Cancelled: it was.
        """
        if self.taken_back:
            raise Cancelled


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a tool; `also`: another name by which clients may know it."""

    name: str
    help: str
    kind: str = "string"
    required: bool = True
    also: str | None = None

    @property
    def schema(self) -> dict[str, Any]:
        """It as JSON Schema."""
        return {"type": self.kind, "description": self.help}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a tool works with: the box, the checked arguments, and the call that it is."""

    remote: Remote
    arguments: Mapping[str, Any]
    call: Call

    def path(self, *more: str) -> str:
        """The address of the project that the arguments name, or of something below it."""
        parts = (self.arguments["project_id"], *more)
        return "/projects/" + "/".join(quote(part, safe="") for part in parts)

    def live_url(self, thing: Mapping[str, Any]) -> str | None:
        """Where a project or deployment of the box is reached; None until it runs."""
        return f"{self.remote.url.scheme}://{thing['url']}" if thing["url"] else None


Act = Callable[[Asked], str]


@dataclass(frozen=True, slots=True)
class Tool:
    """A verb for an agent.

    Attributes:
        description: for the model, which decides by it when to use the tool.
        act: what it does; gives the text of its result.
        reads: it changes nothing.
        destroys: what it removes does not come back.
    """

    name: str
    title: str
    description: str
    arguments: tuple[Argument, ...]
    act: Act
    reads: bool = False
    destroys: bool = False

    @property
    def listed(self) -> dict[str, Any]:
        """It as `tools/list` shows it."""
        return {
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "inputSchema": {
                "type": "object",
                "properties": {argument.name: argument.schema for argument in self.arguments},
                "required": [argument.name for argument in self.arguments if argument.required],
                "additionalProperties": False,
            },
            "annotations": {
                "title": self.title,
                "readOnlyHint": self.reads,
                "destructiveHint": self.destroys,
                "openWorldHint": True,
            },
        }

    def check(self, given: Any) -> dict[str, Any]:
        """The arguments of a call, by their names.

        Raises:
            BadRequest: they are no object.
            Invalid: one is missing, unknown, or of another kind.
        """
        if given is None:
            given = {}
        if not isinstance(given, Mapping):
            raise BadRequest("The arguments of a tool are an object")
        known: dict[str, Any] = {}
        wrong = []
        rest = {name: value for name, value in given.items() if value is not None}
        for argument in self.arguments:
            value = rest.pop(argument.name, None)
            if value is None and argument.also:
                value = rest.pop(argument.also, None)
            if value is None:
                if argument.required:
                    wrong.append(Detail(argument.name, "is required"))
            elif not _fits(value, argument.kind):
                wrong.append(Detail(argument.name, f"must be of type {argument.kind}"))
            else:
                known[argument.name] = value
        wrong += [Detail(name, "is no argument of this tool") for name in sorted(rest)]
        if wrong:
            raise Invalid(f"{self.name} was called with wrong arguments", details=wrong)
        return known


def _fits(value: Any, kind: str) -> bool:
    return isinstance(value, _KINDS[kind]) and isinstance(value, bool) == (kind == "boolean")
