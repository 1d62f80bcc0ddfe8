"""Colours of terminals as classes: a log is shown as it was meant, and nothing in it is markup.

Sixteen colours, bold, dim, italic and underline are kept. Colours of the 256 and of RGB are left
out: they are chosen for one background and can't be read on the other.

Source: ECMA-48, 8.3.117 (SGR).
"""

import re
from collections.abc import Iterator
from typing import Final

from markupsafe import Markup, escape

from sotabox.web.ansi import keep_colours

_SGR: Final = re.compile(r"\x1b\[([0-9;:]*)m")
_COLOURS: Final = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
_STYLES: Final = {1: "bold", 2: "dim", 3: "italic", 4: "underline"}
_ENDS: Final = {22: ("bold", "dim"), 23: ("italic",), 24: ("underline",)}


def render(text: str) -> Markup:
    r"""`text` escaped, with spans where a terminal would change its pen.

    >>> render("\x1b[31mred\x1b[0m <b>")
    Markup('<span class="a-red">red</span> &lt;b&gt;')
    """
    if "\x1b" not in text:
        return escape(text)
    return Markup("").join(
        Markup('<span class="{}">{}</span>').format(classes, part) if classes else escape(part)
        for classes, part in _runs(keep_colours(text))
    )


def _runs(text: str) -> Iterator[tuple[str, str]]:
    """The parts of a text, each with its classes."""
    styles: set[str] = set()
    colour = ""
    pieces = _SGR.split(text)
    yield "", pieces[0]
    for codes, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        colour = _apply(_numbers(codes), styles, colour)
        if piece:
            names = sorted(styles) + ([colour] if colour else [])
            yield " ".join(f"a-{name}" for name in names), piece


def _numbers(codes: str) -> list[int]:
    return [
        int(code) if code.isdigit() and len(code) < 4 else 0 for code in re.split("[;:]", codes)
    ]


def _apply(codes: list[int], styles: set[str], colour: str) -> str:
    """Changes `styles`; gives the colour from here on."""
    rest = iter(codes)
    for code in rest:
        if code == 0:
            styles.clear()
            colour = ""
        elif code in _STYLES:
            styles.add(_STYLES[code])
        elif code in _ENDS:
            styles.difference_update(_ENDS[code])
        elif 30 <= code <= 37 or 90 <= code <= 97:
            colour = _COLOURS[code % 10]
        elif code == 39:
            colour = ""
        elif code in {38, 48}:
            _skip_long_colour(rest)
    return colour


def _skip_long_colour(rest: Iterator[int]) -> None:
    for _ in range({5: 1, 2: 3}.get(next(rest, 0), 0)):
        next(rest, None)
