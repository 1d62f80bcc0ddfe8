"""Forms as browsers send them: short fields of text."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from sotabox.errors import BadRequest

#: All variables of a project as text, each character written as an escape of three.
MAX_BYTES = 4_000_000
_FIELDS_MAX = 100


class Form:
    """The fields of a form; what was not sent is empty."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self._fields = fields

    def __getitem__(self, name: str) -> str:
        return self._fields.get(name, "")

    def __contains__(self, name: str) -> bool:
        return name in self._fields


def parse_form(body: bytes) -> Form:
    """The form in an `application/x-www-form-urlencoded` body.

    Browsers end lines of text with CR LF, whatever was typed; they become LF again.

    Raises:
        BadRequest: it is none, or has too many fields.
    """
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            encoding="utf-8",
            errors="strict",
            max_num_fields=_FIELDS_MAX,
        )
    except ValueError as error:
        raise BadRequest("The form could not be read", hint="Load the page anew.") from error
    return Form({name: value.replace("\r\n", "\n") for name, value in pairs})
