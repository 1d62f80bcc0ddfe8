"""Lives through a box's life on a server as users have them: python -m tests.vm [SUITE]."""

import argparse
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from sotabox import __version__
from tests.vm.image import make_image
from tests.vm.page import Table, publish
from tests.vm.server import CORES, MEMORY_MB, Server, started
from tests.vm.steps import DOMAIN, ROOT, STEPS, Life
from tests.vm.visitors import Visitors


def main() -> int:
    """Runs all steps, and writes the page if none failed."""
    parser = argparse.ArgumentParser(prog="./tests/run vm", description=__doc__)
    parser.add_argument("suite", nargs="?", default="trixie", help="release of Debian (trixie)")
    suite = parser.parse_args().suite
    with tempfile.TemporaryDirectory(prefix="sotabox-vm-") as place:
        program = Path(place) / "sotabox.pyz"
        build = [sys.executable, ".ci/zipapp.py", "--output", str(program)]
        subprocess.run(build, cwd=ROOT, check=True)
        with started(make_image(suite, Path(place) / "image")) as server:
            table = _live(server, program)
    publish(suite, table, cores=CORES, memory_mb=MEMORY_MB)
    return 0


def _live(server: Server, program: Path) -> Table:
    life = Life(server, program, Visitors(server.https_port, f"web.{DOMAIN}"))
    system = _system(server)
    rows = []
    for step in STEPS:
        began = time.monotonic()
        promise = (step.__doc__ or "").strip()
        seen = step(life)
        print(f"  ok   {promise} {seen} ({time.monotonic() - began:.0f} s)", flush=True)
        rows.append((promise, seen))
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    return Table(day=day, version=__version__, system=system, rows=rows)


def _system(server: Server) -> str:
    facts = (
        ". /etc/os-release; echo $PRETTY_NAME",
        "uname -r | sed 's/^/Linux /'",
        "systemctl --version | sed -n '1s/ (.*//p'",
        "docker info -f 'Docker {{.ServerVersion}}, cgroup v{{.CgroupVersion}} by {{.CgroupDriver}}'",
    )
    return ", ".join(server.run(fact).strip() for fact in facts)


if __name__ == "__main__":
    sys.exit(main())
