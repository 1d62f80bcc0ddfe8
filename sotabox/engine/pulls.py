"""A pull's progress as a few readable lines (pure).

The engine reports each layer's bytes many times a second; a log wants a line now and then.
"""

from collections.abc import Mapping
from typing import Any, Final

_EVERY_S: Final = 2.0
_MB: Final = 1_000_000


class PullProgress:
    """Lines from the engine's progress reports about one image."""

    def __init__(self, ref: str, now_s: float) -> None:
        self._ref = ref
        self._started_s = self._told_s = now_s
        self._layers: dict[str, tuple[int, int]] = {}  # bytes here, bytes in all

    def start(self) -> str:
        return f"Pulling {self._ref}"

    def feed(self, report: Mapping[str, Any], now_s: float) -> str | None:
        """A line, when it is time for one; `now_s` is of a clock that only goes on."""
        layer = str(report.get("id", ""))
        detail = report.get("progressDetail") or {}
        status = report.get("status")
        if status == "Downloading" and detail.get("total"):
            self._layers[layer] = (int(detail.get("current", 0)), int(detail["total"]))
        elif status in ("Download complete", "Pull complete") and layer in self._layers:
            self._layers[layer] = (self._layers[layer][1],) * 2
        if not self._layers or now_s - self._told_s < _EVERY_S:
            return None
        self._told_s = now_s
        here, total = self._bytes()
        doing = f"{here / _MB:.0f} of {total / _MB:.0f} MB" if here < total else "unpacking"
        return f"Pulling {self._ref}: {doing}"

    def end(self, now_s: float) -> str:
        size = f"{self._bytes()[1] / _MB:.1f} MB in " if self._layers else ""
        return f"Pulled {self._ref} ({size}{now_s - self._started_s:.1f} s)"

    def _bytes(self) -> tuple[int, int]:
        here, total = zip(*self._layers.values(), strict=True)
        return sum(here), sum(total)
