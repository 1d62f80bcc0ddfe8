"""The messages of the protocol (pure): JSON-RPC 2.0, and what MCP says with it.

Two kinds of clients are understood. Up to 2025-11-25 a client agrees on a version once, by
`initialize`. Since 2026-07-28 there is no handshake: each request names its version in `_meta`, and
`server/discover` tells what is spoken. Which kind asks is decided request by request.

Source: https://modelcontextprotocol.io/specification, revisions 2024-11-05 to 2026-07-28
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sotabox import __version__
from sotabox.errors import SotaboxError

HANDSHAKE_VERSIONS: Final = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")
MODERN_VERSIONS: Final = ("2026-07-28",)
_META: Final = "io.modelcontextprotocol/"
INSTRUCTIONS: Final = (
    "Deploys apps to the user's own server (a sotabox). Find the project with list-projects or make "
    "one with create-project, then deploy a directory; its language is detected. An app must listen "
    "on 0.0.0.0 and the port in $PORT. Variables count from the next deploy or redeploy on. When a "
    "deploy fails, its answer says why; get-logs has the whole build log."
)

PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
METHOD_NOT_FOUND: Final = -32601
INVALID_PARAMS: Final = -32602
UNSUPPORTED_VERSION: Final = -32022

Json = Mapping[str, Any]
Id = str | int


class Fault(Exception):
    """A request that the protocol refuses; what a tool can't do is a result instead."""

    def __init__(
        self, code: int, message: str, *, id_: Id | None = None, data: Json | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.id = id_
        self.data = data


@dataclass(frozen=True, slots=True)
class Message:
    """A request, or without an `id` a notification."""

    method: str
    params: Json = field(default_factory=dict)
    id: Id | None = None

    @property
    def meta(self) -> Json:
        """What the client says beside the parameters."""
        meta = self.params.get("_meta")
        return meta if isinstance(meta, Mapping) else {}

    @property
    def version(self) -> str | None:
        """The version that this request names; None of a client that has shaken hands."""
        version = self.meta.get(f"{_META}protocolVersion")
        return version if isinstance(version, str) else None


def parse_line(line: bytes) -> list[Message]:
    """The messages of a line: one or, as 2025-03-26 has it, a batch; answers to us are left out.

    Raises:
        Fault: it is no JSON, or no message.
    """
    try:
        content = json.loads(line)
    except ValueError as error:  # a wrong encoding as well
        raise Fault(PARSE_ERROR, "This is not JSON") from error
    if isinstance(content, list) and content:
        return [message for one in content if (message := _read(one)) is not None]
    message = _read(content)
    return [] if message is None else [message]


def _read(content: Any) -> Message | None:
    if not isinstance(content, Mapping):
        raise Fault(INVALID_REQUEST, "A message is a JSON object")
    id_ = content.get("id")
    if not isinstance(id_, str | int) or isinstance(id_, bool):
        id_ = None
    if "method" not in content and ("result" in content or "error" in content):
        return None  # we ask a client nothing
    method, params = content.get("method"), content.get("params", {})
    if content.get("jsonrpc") != "2.0" or not isinstance(method, str):
        raise Fault(INVALID_REQUEST, "This is not a JSON-RPC 2.0 request", id_=id_)
    if not isinstance(params, Mapping):
        raise Fault(INVALID_PARAMS, "`params` is an object", id_=id_)
    if "id" in content and id_ is None:
        raise Fault(INVALID_REQUEST, "`id` is a string or a whole number")
    return Message(method, params, id_)


def render_result(id_: Id, result: Json) -> Json:
    """The answer to a request."""
    return {"jsonrpc": "2.0", "id": id_, "result": result}


def render_fault(fault: Fault) -> Json:
    """The answer to what the protocol refuses."""
    error: dict[str, Any] = {"code": fault.code, "message": fault.message}
    if fault.data is not None:
        error["data"] = fault.data
    return {"jsonrpc": "2.0", "id": fault.id, "error": error}


def render_progress(token: Id, step: int, text: str) -> Json:
    """Tells a client that asked for it how its request goes on."""
    params = {"progressToken": token, "progress": step, "message": text}
    return {"jsonrpc": "2.0", "method": "notifications/progress", "params": params}


def initialized(params: Json) -> Json:
    """The answer to `initialize`: the client's version where we speak it, else our newest."""
    asked = params.get("protocolVersion")
    return {
        "protocolVersion": asked if asked in HANDSHAKE_VERSIONS else HANDSHAKE_VERSIONS[0],
        "capabilities": {"tools": {"listChanged": False}},
        "serverInfo": _server_info(),
        "instructions": INSTRUCTIONS,
    }


def discovered() -> Json:
    """The answer to `server/discover`."""
    return {
        "supportedVersions": [*MODERN_VERSIONS, *HANDSHAKE_VERSIONS],
        "capabilities": {"tools": {"listChanged": False}},
        "instructions": INSTRUCTIONS,
        "_meta": {f"{_META}serverInfo": _server_info()},
    }


def stamped(result: Json, *, cacheable: bool) -> Json:
    """A result as clients without a handshake expect it; others do not know these fields."""
    lifetime = {"ttlMs": 3_600_000, "cacheScope": "public"} if cacheable else {}
    return {"resultType": "complete", **lifetime, **result}


def require_version(message: Message) -> bool:
    """Whether a request is one of a client that has not shaken hands.

    Raises:
        Fault: it names a version that we don't speak.
    """
    if message.version is None:
        return False
    if message.version not in MODERN_VERSIONS:
        raise Fault(
            UNSUPPORTED_VERSION,
            f"Protocol version {message.version} is not spoken here",
            id_=message.id,
            data={
                "supported": [*MODERN_VERSIONS, *HANDSHAKE_VERSIONS],
                "requested": message.version,
            },
        )
    return True


def said(text: str, *, is_error: bool = False) -> Json:
    """The result of a tool: text for the model, which also reads what went wrong."""
    return {"content": [{"type": "text", "text": text}], "isError": is_error}


def explain(error: SotaboxError) -> str:
    """An error as a model reads it: what was wrong, each wrong field, what to do."""
    lines = [error.message, *(f"{detail.field}: {detail.message}" for detail in error.details)]
    return "\n".join([*lines, *([error.hint] if error.hint else [])])


def encode(messages: Iterable[Json]) -> bytes:
    """A line a message."""
    texts = (json.dumps(message, ensure_ascii=False) for message in messages)
    return "".join(f"{text}\n" for text in texts).encode("utf-8", "surrogatepass")


def _server_info() -> Json:
    return {"name": "sotabox", "title": "sotabox", "version": __version__}
