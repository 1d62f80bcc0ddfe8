"""Terminal escape sequences in logs: builds write them, not every reader wants them."""

import re
from typing import Final

_SEQUENCE: Final = re.compile(
    r"\x1b(?:"
    r"\[[0-?]*[ -/]*[@-~]"  # control sequences: colours, cursor movements
    r"|\][^\x1b]*(?:\x1b\\)?"  # operating system commands: titles, links
    r"|[ -/]*[0-~])?"  # short escapes; a lone escape character goes too
)
_COLOUR: Final = re.compile(r"\x1b\[[0-9;:]*m")


def strip_escapes(text: str) -> str:
    """`text` without any escape sequence."""
    return _SEQUENCE.sub("", text) if "\x1b" in text else text


def keep_colours(text: str) -> str:
    """`text` with colours only: nothing of it can move a reader's cursor or set a title."""
    if "\x1b" not in text:
        return text
    return _SEQUENCE.sub(lambda match: match[0] if _COLOUR.fullmatch(match[0]) else "", text)
