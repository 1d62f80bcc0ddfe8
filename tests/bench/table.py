"""Figures as people read them: medians, ranges, and the ratio to the floor."""

from collections.abc import Sequence
from statistics import median


def show(title: str, rows: Sequence[tuple[str, Sequence[float]]], unit: str = "s") -> None:
    """Prints a table; the first row is the floor that the others are compared with."""
    print(f"\n{title}")
    floor = median(rows[0][1])
    for name, values in rows:
        middle = median(values)
        print(
            f"  {name:<44} median {middle:7.3f} {unit}   "
            f"{min(values):7.3f} to {max(values):7.3f}   n={len(values):<3} "
            f"ratio {middle / floor:5.2f}"
        )
