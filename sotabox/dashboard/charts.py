"""Figures over time as the paths of an SVG (pure).

Every path is for a view box of `WIDTH` by `HEIGHT` that is stretched to whatever room there is, so
nothing in it is text. Where nothing was recorded a line has a gap: it never bridges what nobody saw.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import floor, log10
from typing import Final, TypeAlias

WIDTH: Final = 600
HEIGHT: Final = 120
SPARK_WIDTH: Final = 56
SPARK_HEIGHT: Final = 20

#: A moment (unix seconds, where its step begins) and a figure; None for none.
Point: TypeAlias = tuple[int, float | None]


@dataclass(frozen=True, slots=True)
class Window:
    """The time that a chart shows, in unix seconds, and how much of it a figure covers."""

    start: int
    end: int
    step_s: int

    def x(self, at: float) -> float:
        """Where a moment is."""
        return WIDTH * (at - self.start) / (self.end - self.start)

    def has(self, at: float) -> bool:
        """Whether a moment is in it."""
        return self.start <= at <= self.end


def line(points: Iterable[Point], window: Window, top: float) -> str:
    """The path through points in order of time; `top` is the figure at the upper edge.

    >>> line([(0, 1.0), (30, 2.0), (120, 0.0)], Window(0, 150, 30), 2.0)
    'M60 60L180 0M538.5 120h3'
    """
    parts: list[str] = []
    before = None
    pieces: list[list[tuple[float, float]]] = []
    for at, value in points:
        if value is None or not window.has(at):
            continue
        if before is None or at - before > 1.5 * window.step_s:
            pieces.append([])
        pieces[-1].append((window.x(at + window.step_s / 2), _y(value, top)))
        before = at
    for piece in pieces:
        if len(piece) == 1:  # a figure alone is a dash: a point has no length to be drawn
            x, y = piece[0]
            parts.append(f"M{_say(x - 1.5)} {_say(y)}h3")
        else:
            parts.append("M" + "L".join(f"{_say(x)} {_say(y)}" for x, y in piece))
    return "".join(parts)


def bars(stacks: Iterable[tuple[int, Sequence[float]]], window: Window, top: float) -> list[str]:
    """The paths of bars that stand on each other: one path a place in the stacks, lowest first.

    >>> bars([(0, (1, 1))], Window(0, 60, 30), 2)
    ['M30 120V60H270V120Z', 'M30 60V0H270V60Z']
    """
    found: list[list[str]] = []
    for at, stack in stacks:
        if not window.has(at):
            continue
        left, right = window.x(at + 0.1 * window.step_s), window.x(at + 0.9 * window.step_s)
        height = 0.0
        for place, value in enumerate(stack):
            if place == len(found):
                found.append([])
            if value <= 0:
                continue
            low, high = _say(_y(height, top)), _say(_y(height + value, top))
            found[place].append(f"M{_say(left)} {low}V{high}H{_say(right)}V{low}Z")
            height += value
    return ["".join(paths) for paths in found]


def spark(points: Sequence[tuple[int, float]], window: Window) -> str:
    """The small line of a figure, for a picture of `SPARK_WIDTH` by `SPARK_HEIGHT`.

    Its scale is its own highest. In whole pixels, as a list has hundreds of it.

    >>> spark([(0, 1.0), (300, 2.0)], Window(0, 600, 300))
    'M0 10L28 1'
    """
    top = max((value for _, value in points), default=0) or 1
    scale, room = SPARK_WIDTH / (window.end - window.start), SPARK_HEIGHT - 2
    path, before = "", 0
    for at, value in points:
        step = "L" if path and at - before <= window.step_s else "M"
        path += f"{step}{int(scale * (at - window.start))} {1 + int(room * (1 - value / top))}"
        before = at
    return path if "L" in path or not path else f"{path}h2"


def y_of(value: float, top: float) -> str:
    """Where a figure is, from above."""
    return _say(_y(value, top))


def ceiling(value: float, least: float) -> float:
    """A round figure at or above `value`, and `least` at least: 1, 2 or 5 times a power of ten.

    >>> ceiling(0.13, 0.1), ceiling(730, 1), ceiling(0, 10)
    (0.2, 1000.0, 10.0)
    """
    value = max(value, least)
    power = 10.0 ** floor(log10(value))
    step = next(step for step in (1, 2, 5, 10) if step * power >= value * (1 - 1e-9))
    return round(step * power, 9)


def _y(value: float, top: float) -> float:
    return HEIGHT * (1 - min(value, top) / top)


def _say(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
