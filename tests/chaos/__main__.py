"""Breaks a box in every way that there is, and writes down how it came through.

python -m tests.chaos [--rounds N] [--only NAME]... [--anew] [--no-page]
python -m tests.chaos --add FILE
"""

import argparse
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from fnmatch import fnmatch
from pathlib import Path

from tests.chaos import record
from tests.chaos.box_faults import box_faults
from tests.chaos.disk_faults import DISK_MB, disk_faults
from tests.chaos.engine_faults import engine_faults
from tests.chaos.faults import Fault, Row, strike
from tests.chaos.kills import kills
from tests.chaos.replica_kills import replica_kills
from tests.chaos.router_faults import router_faults
from tests.chaos.table import write_page
from tests.chaos.world import DRAIN_TIMEOUT_S, World, small_world
from tests.machine.small_disk import small_disk


def usual_faults() -> list[Fault]:
    """Those of a box whose disk has room."""
    return [*kills(), *replica_kills(), *box_faults(), *router_faults(), *engine_faults()]


def all_faults() -> list[Fault]:
    """All of them, in the order of the page."""
    return [*usual_faults(), *disk_faults()]


def main() -> int:
    """Runs the faults; 1 where one did harm."""
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was made is removed then, too
    before = record.read()
    if options.add:
        _publish(record.together(before, record.read(options.add)))
        return 0
    rows: list[Row] = []
    for world_of, faults in (
        (small_world, usual_faults()),
        (_world_on_a_small_disk, disk_faults()),
    ):
        here = [Row(f) for f in faults if any(fnmatch(f.name, name) for name in options.only)]
        if not here:
            continue
        rows += here
        if options.anew:
            before = {
                name: kept
                for name, kept in before.items()
                if name not in {row.fault.name for row in here}
            }
        for row in _struck(world_of, here * options.rounds):
            _tell(row)
            if not options.no_page:
                _publish(record.together(before, _found(rows)))
    return 0 if all(row.good for row in rows) else 1


def _struck(
    world_of: Callable[[], AbstractContextManager[World]], rows: list[Row]
) -> Iterator[Row]:
    """Strikes with the fault of each row in turn; a world in which something was left is over."""
    waiting = deque(rows)
    while waiting:
        with world_of() as world:
            found = 0
            while waiting and not found:
                row = waiting.popleft()
                before = len(row.found.left)
                strike(world, row)
                found = len(row.found.left) - before
                yield row


def _found(rows: list[Row]) -> dict[str, record.Record]:
    return {row.fault.name: row.found for row in rows if row.rounds}


def _publish(records: dict[str, record.Record]) -> None:
    """Keeps the rounds, and writes the page of them."""
    record.write(records)
    faults = all_faults()
    rows = [Row(fault, records[fault.name]) for fault in faults if fault.name in records]
    write_page(rows, [fault.name for fault in faults], DRAIN_TIMEOUT_S)


def _tell(row: Row) -> None:
    found = row.found
    print(
        f"{row.rounds:>3} {row.fault.name:<34} {found.recoveries_s[-1]:6.1f} s  "
        f"{found.failed} of {found.requests} failed {found.kinds or ''} {found.left or ''}",
        flush=True,
    )


@contextmanager
def _world_on_a_small_disk() -> Iterator[World]:
    with small_disk(DISK_MB) as disk, small_world(disk) as world:
        yield world


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./tests/run chaos")
    parser.add_argument("--rounds", type=int, default=20, help="of each fault (default 20)")
    parser.add_argument("--only", action="append", metavar="NAME", help="these faults; a pattern")
    parser.add_argument("--anew", action="store_true", help="forget the rounds of other runs")
    parser.add_argument("--add", type=Path, metavar="FILE", help="only add the rounds of a record")
    parser.add_argument("--no-page", action="store_true", help="docs/reliability.md stays")
    options = parser.parse_args()
    options.only = options.only or ["*"]
    return options


if __name__ == "__main__":
    sys.exit(main())
