"""Benches. Each compares side by side, in one run, on this machine.

python -m tests.bench [NAME]... [--quick] [--page]

Without names all of them run. `--quick` takes fewer rounds; `--page` writes docs/performance.md.
"""

import argparse
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from tests.bench import (
    api,
    ask,
    builds,
    deploy,
    footprint,
    load,
    log_readers,
    neighbour,
    pages,
    route_count,
)
from tests.bench.full_box import SMALL
from tests.bench.page import publish, run_of
from tests.bench.table import recording

#: Each bench, and what makes it short.
BENCHES: Final[Mapping[str, tuple[Callable[..., None], Mapping[str, Any]]]] = {
    "deploy": (deploy.run, {"rounds": 5}),
    "footprint": (footprint.run, {"apps": 10, "idle_s": 15}),
    "api": (api.run, {"rounds": 2, "round_s": 2}),
    "pages": (pages.run, {"rounds": 15}),
    "logs": (log_readers.run, {"readers": 200, "lines": 500}),
    "routes": (route_count.run, {"rounds": 2, "round_s": 2}),
    "ask": (ask.run, {"questions": 1000}),
    "neighbour": (neighbour.run, {"rounds": 2, "phase_s": 3.0}),
    "load": (load.run, {"size": SMALL}),
    "builds": (builds.run, {"apps": builds.APPS[:2], "live_rounds": 3}),
}


def main() -> int:
    """Runs the benches that are named, or all; 1 where one failed, once the others have run."""
    options = _options()
    failed = []
    for name in options.names or BENCHES:
        run, short = BENCHES[name]
        began = time.monotonic()
        with recording() as rows:
            try:
                run(**short if options.quick else {})
            except Exception as error:  # noqa: BLE001 (the root of a bench: the others go on)
                failed.append(name)
                print(f"{name} FAILED: {type(error).__name__}: {error}", file=sys.stderr)
                continue
        print(f"\n{name}: {time.monotonic() - began:.0f} s", flush=True)
        if options.page:
            command = f"./tests/run bench {name}" + (" --quick" if options.quick else "")
            publish(name, run_of(command, rows))
    return 1 if failed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHES))
    parser.add_argument("--quick", action="store_true", help="fewer rounds, smaller sizes")
    parser.add_argument("--page", action="store_true", help="writes docs/performance.md")
    options = parser.parse_args()
    if unknown := set(options.names) - BENCHES.keys():
        parser.error(f"no such bench: {', '.join(unknown)}; there are: {', '.join(BENCHES)}")
    return options


if __name__ == "__main__":
    sys.exit(main())
