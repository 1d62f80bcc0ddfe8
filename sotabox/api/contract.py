"""What a route takes and gives, declared where the route is: the one source of the OpenAPI document.

Bodies are decoded by `api.body` and answers are encoded by `api.envelope`, both unseen by the framework.
So each route says in its `opt` what they are; `read_json` refuses to decode anything else than that,
and the suite holds the answers of a real box to the document.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import msgspec

from sotabox.errors import SotaboxError
from sotabox.web.remembered import FROM_STORE_ALONE

KEY: Final = "contract"
JSON: Final = "application/json"
TEXT: Final = "text/plain"
EVENTS: Final = "text/event-stream"
FORM: Final = "multipart/form-data"


class Wrap(StrEnum):
    """What is around the content of an answer."""

    ONE = "one"  # {"data": …}
    LIST = "list"  # {"data": […]}
    PAGE = "page"  # {"data": […], "pagination": {…}}
    BARE = "bare"  # nothing


@dataclass(frozen=True, slots=True)
class Answer:
    """A way in which a request succeeds.

    Attributes:
        status: of the response.
        content: the Python type in each media type; `str` for what is text.
        wrap: what is around it in JSON.
    """

    status: int
    content: Mapping[str, Any] = field(default_factory=dict)
    wrap: Wrap = Wrap.BARE


@dataclass(frozen=True, slots=True)
class Contract:
    """All that a client may rely on.

    Attributes:
        answers: how it succeeds.
        takes: the type of its body in each media type; a struct, a mapping, `bytes` for a file.
        errors: beyond those that `api.openapi` knows by what the route takes.
        headers: of the request.
    """

    answers: tuple[Answer, ...]
    takes: Mapping[str, Any] = field(default_factory=dict)
    errors: tuple[type[SotaboxError], ...] = ()
    headers: tuple[str, ...] = ()


def contract(
    *answers: Answer,
    takes: type[msgspec.Struct] | Mapping[str, Any] | None = None,
    errors: tuple[type[SotaboxError], ...] = (),
    headers: tuple[str, ...] = (),
    from_store_alone: bool = False,
) -> dict[str, Any]:
    """The `opt` of a route; `takes` is its JSON body, or its body in each media type.

    `from_store_alone`: see `web.remembered`, which may give such an answer again.
    """
    if takes is None:
        taken: Mapping[str, Any] = {}
    else:
        taken = takes if isinstance(takes, Mapping) else {JSON: takes}
    opt: dict[str, Any] = {KEY: Contract(answers, taken, errors, headers)}
    return opt | {FROM_STORE_ALONE: True} if from_store_alone else opt


def one_of(kind: Any, status: int = 200) -> Answer:
    """One thing."""
    return Answer(status, {JSON: kind}, Wrap.ONE)


def list_of(kind: Any) -> Answer:
    """All there are."""
    return Answer(200, {JSON: kind}, Wrap.LIST)


def page_of(kind: Any) -> Answer:
    """Some, and where to go on."""
    return Answer(200, {JSON: kind}, Wrap.PAGE)


def bare_of(kind: Any) -> Answer:
    """One thing with nothing around it."""
    return Answer(200, {JSON: kind})


def text(*others: str) -> Answer:
    """Text, or the same in other media types."""
    return Answer(200, dict.fromkeys((TEXT, *others), str), Wrap.ONE)


def events() -> Answer:
    """Server-sent events."""
    return Answer(200, {EVENTS: str})


def done() -> Answer:
    """Nothing more to say."""
    return Answer(204)
