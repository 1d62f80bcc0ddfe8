"""The rounds behind docs/reliability.md, kept so that those of several runs add up.

They do where the same version ran on the same kind of machine; a row that was measured otherwise, or
whose fault has been mended since (`--anew`), begins again.
"""

import json
import os
import platform
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sotabox import __version__

RECORD: Final = Path(__file__).with_name("record.json")


@dataclass(slots=True)
class Record:
    """What the rounds of one fault showed."""

    version: str = __version__
    machine: str = field(default_factory=lambda: f"{os.cpu_count()} cores {platform.machine()}")
    day: str = ""  # of the last round
    load: float = 0  # the machine's average over 15 minutes, where it was highest
    recoveries_s: list[float] = field(default_factory=list)
    requests: int = 0
    failed: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)

    def count(self, recovery_s: float, left: Iterable[str]) -> None:
        """Adds a round that has just ended."""
        self.day = f"{datetime.now(UTC):%Y-%m-%d}"
        self.load = round(max(self.load, os.getloadavg()[2]), 1)
        self.recoveries_s.append(round(recovery_s, 2))
        self.left += left

    def count_visits(self, outcomes: int, failures: dict[str, int]) -> None:
        """Adds what the visitors of an app met in a round."""
        self.requests += outcomes
        self.failed += sum(failures.values())
        for kind, count in failures.items():
            self.kinds[kind] = self.kinds.get(kind, 0) + count

    def after(self, before: "Record | None") -> "Record":
        """With the rounds before, unless they were of another version or on another machine."""
        if before is None or (before.version, before.machine) != (self.version, self.machine):
            return self
        return Record(
            version=self.version,
            machine=self.machine,
            day=max(before.day, self.day),
            load=max(before.load, self.load),
            recoveries_s=before.recoveries_s + self.recoveries_s,
            requests=before.requests + self.requests,
            failed=before.failed + self.failed,
            kinds=dict(Counter(before.kinds) + Counter(self.kinds)),
            left=before.left + self.left,
        )


def together(before: Mapping[str, Record], now: Mapping[str, Record]) -> dict[str, Record]:
    """All that was measured, in two runs."""
    return {**before, **{name: found.after(before.get(name)) for name, found in now.items()}}


def read(path: Path = RECORD) -> dict[str, Record]:
    """What was measured, by the name of its fault."""
    if not path.exists():
        return {}
    return {name: Record(**kept) for name, kept in json.loads(path.read_bytes()).items()}


def write(records: Mapping[str, Record], path: Path = RECORD) -> None:
    """Keeps what was measured, a line a fault."""
    lines = (f"{json.dumps(name)}: {json.dumps(asdict(of))}" for name, of in records.items())
    fresh = path.with_suffix(".new")
    fresh.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    fresh.replace(path)
