"""Rows of words in columns that stand below each other (pure)."""

import textwrap
from collections.abc import Sequence


def columns(rows: Sequence[Sequence[str]], gap: int = 2) -> list[str]:
    """A line a row; each column as wide as its widest word, the last one as long as it is.

    >>> columns([("a", "bb"), ("ccc", "d")])
    ['a    bb', 'ccc  d']
    """
    if not rows:
        return []
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        (" " * gap)
        .join(word.ljust(width) for word, width in zip(row, widths, strict=True))
        .rstrip()
        for row in rows
    ]


def fold(line: str, width: int, hang: int) -> list[str]:
    """A line of prose as lines of at most `width`, broken between words only.

    Args:
        line: with its own indentation.
        width: of the screen; a single word that is longer stays whole.
        hang: how far the lines after the first are indented.

    >>> fold("  ✕ not healthy after 60 s: it ended", 30, 4)
    ['  ✕ not healthy after 60 s: it', '    ended']
    """
    return textwrap.wrap(
        line,
        max(width, hang + 20),
        subsequent_indent=" " * hang,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [line]
