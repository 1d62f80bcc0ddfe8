"""Terminal escape sequences in logs: builds and apps write them, not every reader wants them."""

import re
from typing import Final

_SEQUENCE: Final = re.compile(
    r"\x1b(?:"
    r"\[[0-?]*[ -/]*[@-~]"  # control sequences: colours, cursor movements
    r"|\][^\x07\x1b]*(?:\x07|\x1b\\)?"  # operating system commands: titles, links
    r"|[ -/]*[0-~])?"  # short escapes; a lone escape character goes too
)
_COLOUR: Final = re.compile(r"\x1b\[[0-9;:]*m")
#: All but the tab and the escape character; 80 to 9F begin sequences as the escape character does.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1a\x1c-\x1f\x7f-\x9f]")


def strip_escapes(text: str) -> str:
    """`text` without any escape sequence or control character but tabs."""
    return text if text.isprintable() else _without_control(_SEQUENCE.sub("", text))


def keep_colours(text: str) -> str:
    """`text` with colours only: nothing of it can move a reader's cursor or set a title."""
    if text.isprintable():
        return text
    coloured = _SEQUENCE.sub(lambda match: match[0] if _COLOUR.fullmatch(match[0]) else "", text)
    return _without_control(coloured)


def _without_control(text: str) -> str:
    return _CONTROL.sub("", text.replace("\r", " "))  # what is written over is told one by one
