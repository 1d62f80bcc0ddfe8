"""Benches: `python -m tests.bench NAME`. Each compares side by side, in one run, on this machine."""

import sys

from tests.bench import api, ask, builds, deploy, footprint, neighbour, pages

BENCHES = {
    "api": api.run,
    "ask": ask.run,
    "builds": builds.run,
    "deploy": deploy.run,
    "footprint": footprint.run,
    "neighbour": neighbour.run,
    "pages": pages.run,
}


def main() -> int:
    """Runs the benches that are named, or all."""
    names = sys.argv[1:] or list(BENCHES)
    if unknown := set(names) - BENCHES.keys():
        print(f"no such bench: {', '.join(unknown)}; there are: {', '.join(BENCHES)}")
        return 2
    for name in names:
        BENCHES[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main())
