"""Figures as people read them: medians, ranges, and the ratio to the floor.

What is shown while somebody records is kept for the page too.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from statistics import median
from typing import Final

#: Of fewer values a 99th percentile says no more than the greatest.
_PERCENTILE_MIN: Final = 100


@dataclass(frozen=True, kw_only=True)
class Row:
    """What was measured of one thing; `ratio` is its median to that of its table's floor."""

    table: str
    name: str
    unit: str
    n: int
    median: float
    low: float
    high: float
    p99: float | None = None
    ratio: float | None = None


_kept: ContextVar[list[Row] | None] = ContextVar("_kept", default=None)


@contextmanager
def recording() -> Iterator[list[Row]]:
    """The rows that are shown within the block."""
    rows: list[Row] = []
    token = _kept.set(rows)
    try:
        yield rows
    finally:
        _kept.reset(token)


def show(
    title: str,
    rows: Sequence[tuple[str, Sequence[float]]],
    unit: str = "s",
    *,
    compared: bool = True,
) -> None:
    """Prints a table; the first row is the floor that the others are compared with, if they are."""
    print(f"\n{title}")
    floor = median(rows[0][1]) if compared else None
    for name, values in rows:
        row = _row(title, name, unit, values, floor)
        p99 = f"p99 {row.p99:7.3f} {unit}   " if row.p99 is not None else ""
        ratio = f"ratio {row.ratio:5.2f}" if row.ratio is not None else ""
        print(
            f"  {name:<44} median {row.median:7.3f} {unit}   {p99}"
            f"{row.low:7.3f} to {row.high:7.3f}   n={row.n:<3} {ratio}"
        )
        if (kept := _kept.get()) is not None:
            kept.append(row)


def _row(table: str, name: str, unit: str, values: Sequence[float], floor: float | None) -> Row:
    middle = median(values)
    return Row(
        table=table,
        name=name,
        unit=unit,
        n=len(values),
        median=middle,
        low=min(values),
        high=max(values),
        p99=sorted(values)[int(len(values) * 0.99)] if len(values) >= _PERCENTILE_MIN else None,
        ratio=middle / floor if floor else None,
    )
