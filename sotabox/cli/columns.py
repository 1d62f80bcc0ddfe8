"""Rows of words in columns that stand below each other (pure)."""

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
