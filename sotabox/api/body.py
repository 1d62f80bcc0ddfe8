"""JSON bodies: decoded in one pass, straight into the type that a handler wants."""

import difflib
import re
from typing import Any, Final, TypeVar

import msgspec
from litestar import Request

from sotabox.api.contract import KEY, Contract
from sotabox.errors import BadRequest, Detail, Invalid, UnsupportedMediaType
from sotabox.web.body import read_body

#: The largest variable (64 KiB), each character written as an escape of six, and its envelope.
MAX_BYTES: Final = 512 * 1024

_JSON: Final = "application/json"
_UNKNOWN: Final = re.compile(r"Object contains unknown field `(.*?)`")
_MISSING: Final = re.compile(r"Object missing required field `(.*?)`")
_WRONG_TYPE: Final = re.compile(r"Expected `(.*?)`, got `(.*?)`(?: - at `\$\.?(.*?)`)?$")
_WORDS: Final = {
    "str": "text",
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
    "null": "null",
    "object": "an object",
    "array": "a list",
}

#: Of a body that may hold all variables of a project.
BULK_MAX_BYTES: Final = 8 * 1024 * 1024

T = TypeVar("T", bound=msgspec.Struct)


async def read_json(request: Request[Any, Any, Any], kind: type[T]) -> T:
    """The body of a request as a `kind`; an empty one is an empty object.

    Raises:
        UnsupportedMediaType: there is a body, and it says that it is something else.
        BadRequest: it is no JSON.
        Invalid: it is not what `kind` says, down to fields that it does not know.
        TooLarge: it has more than `MAX_BYTES`.
        TypeError: the route declares another body, so that its description would be wrong.
    """
    declared = request.route_handler.opt.get(KEY)
    if not isinstance(declared, Contract) or declared.takes.get(_JSON) is not kind:
        raise TypeError(f"{request.route_handler} does not declare that it takes {kind}")
    body = await read_body(request, MAX_BYTES)
    if body.strip():
        _check_content_type(request)
    return decode(body, kind)


async def read_bulk(request: Request[Any, Any, Any]) -> tuple[bytes, str]:
    """A large body, and the type that it says it has; JSON where it says nothing.

    Raises:
        BadRequest: it is empty: what replaces everything is said in so many words.
        TooLarge: it has more than `BULK_MAX_BYTES`.
    """
    body = await read_body(request, BULK_MAX_BYTES)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    kind = kind or _JSON
    if kind == _JSON and not body.strip():
        raise BadRequest("The body is empty", hint="Send {} to mean that there is nothing.")
    return body, kind


def decode_map(body: bytes) -> dict[str, str | None]:
    """JSON that is an object of texts and nulls.

    Raises:
        BadRequest: it is no JSON.
        Invalid: it is something else.
    """
    try:
        return msgspec.json.decode(body, type=dict[str, str | None])
    except msgspec.ValidationError as error:
        raise _wrong_type(str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _not_json(error) from error


def is_json(request: Request[Any, Any, Any]) -> bool:
    """Whether a request says that its body is JSON."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return bool(kind == _JSON)


def decode(body: bytes, kind: type[T]) -> T:
    """`body` as a `kind`; raises as `read_json`."""
    try:
        return msgspec.json.decode(body if body.strip() else b"{}", type=kind)
    except msgspec.ValidationError as error:
        raise _invalid(str(error), kind) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _not_json(error) from error


def _check_content_type(request: Request[Any, Any, Any]) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind and kind != _JSON:
        raise UnsupportedMediaType(
            f"The body must be JSON, not {kind[:100]}", hint="Send Content-Type: application/json."
        )


def _invalid(message: str, kind: type[msgspec.Struct]) -> Invalid:
    """A message of msgspec in the words of the API, with the field that it is about."""
    known = [field.encode_name for field in msgspec.structs.fields(kind)]
    if match := _UNKNOWN.match(message):
        near = difflib.get_close_matches(match[1], known, n=1)
        there = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
        return _wrong(match[1], f"there is no such field; {there}")
    if match := _MISSING.match(message):
        return _wrong(match[1], "this field is required")
    return _wrong_type(message)


def _wrong_type(message: str) -> Invalid:
    if match := _WRONG_TYPE.match(message):
        problem = f"must be {_words(match[1])}, not {_words(match[2])}"
        if match[3]:
            return _wrong(match[3], problem)
        return Invalid(f"The body {problem}")
    return Invalid(f"The body is not as expected: {message}")


def _not_json(error: Exception) -> BadRequest:
    return BadRequest(f"The body is not valid JSON: {error}")


def _wrong(field: str, problem: str) -> Invalid:
    return Invalid(f"{field}: {problem}", details=[Detail(field, problem)])


def _words(types: str) -> str:
    return " or ".join(_WORDS.get(name, name) for name in types.split(" | "))
