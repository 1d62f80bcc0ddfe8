"""Requests a second that the API answers, beside an empty handler on the same server settings.

Needs `wrk`. In turns in one run, so that a machine that has other things to do has them for all.
"""

import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

from tests.bench.table import show
from tests.box import Box, free_port, running_box

DEPLOYMENTS: Final = 10_000
PROJECTS: Final = 10
CONNECTIONS: Final = 32
ROUNDS: Final = 4
ROUND_S: Final = 4
_ANY: Final = """
local projects = {{{projects}}}
function request()
    local project = projects[math.random(#projects)]
    local path = "/v1/projects/" .. project .. "/deployments/" .. project .. "-"
    return wrk.format("GET", path .. math.random({each}))
end
"""
_FIGURE: Final = r"([\d.]+)(us|ms|s)"
_IN_MS: Final = {"us": 0.001, "ms": 1.0, "s": 1000.0}

Figures = tuple[float, float, float]  # requests a second, p50 and p99 in milliseconds


def run(rounds: int = ROUNDS, round_s: int = ROUND_S) -> None:
    """Prints rate, p50 and p99 of list and get, and what they are of the empty handler's."""
    with running_box() as box, _empty() as floor, TemporaryDirectory() as scripts:
        projects, deployment = _fill(box)
        path = f"/v1/projects/{projects[0]}/deployments"
        urls = {
            "an empty handler": f"http://127.0.0.1:{floor}/",
            "get of a deployment": f"http://127.0.0.1:{box.api_port}{path}/{deployment}",
            "list of 20 deployments": f"http://127.0.0.1:{box.api_port}{path}",
            "list of projects": f"http://127.0.0.1:{box.api_port}/v1/projects",
        }
        # What was answered a moment ago is remembered; of so many, hardly any was.
        any_of_them = Path(scripts, "any.lua")
        quoted = ", ".join(f'"{project}"' for project in projects)
        any_of_them.write_text(_ANY.format(projects=quoted, each=DEPLOYMENTS // PROJECTS))
        scripted = {f"get of any of {DEPLOYMENTS:,} deployments": any_of_them}
        urls |= dict.fromkeys(scripted, f"http://127.0.0.1:{box.api_port}/")
        found: dict[str, list[Figures]] = {name: [] for name in urls}
        for name, url in urls.items():
            _measure(
                url, box.key, 1, scripted.get(name)
            )  # what is loaded at the first time is loaded
        for _ in range(rounds):
            for name, url in urls.items():
                found[name].append(_measure(url, box.key, round_s, scripted.get(name)))
    about = f"API, {CONNECTIONS} connections, {DEPLOYMENTS:,} deployments stored"
    for number, (what, unit) in enumerate((("rate", "1/s"), ("p50", "ms"), ("p99", "ms"))):
        rows = [(name, [figures[number] for figures in runs]) for name, runs in found.items()]
        show(f"{about}: {what}", rows, unit)
    floor_rate = median(rate for rate, _, _ in found["an empty handler"])
    print(
        f"\n  aim: rates of at least {0.5 * floor_rate:.0f} 1/s, p99 of at most 3 times the floor's"
    )


def _measure(url: str, key: str, seconds: int, script: Path | None = None) -> Figures:
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency"]
    command += ["-s", str(script)] if script else []
    command += ["-H", f"Authorization: Bearer {key}", url]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "Non-2xx" not in said, said
    assert "Socket errors" not in said, said
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    assert rate, said
    return float(rate[1]), _percentile("50%", said), _percentile("99%", said)


def _percentile(name: str, said: str) -> float:
    match = re.search(rf"{name}\s+{_FIGURE}", said)
    assert match, said
    return float(match[1]) * _IN_MS[match[2]]


@contextmanager
def _empty() -> Iterator[int]:
    """The port of a process that answers with nothing."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.empty", str(port)])
    try:
        deadline = time.monotonic() + 30
        while subprocess.run(
            ["curl", "-sf", f"127.0.0.1:{port}/"], stdout=subprocess.DEVNULL, check=False
        ).returncode:
            assert time.monotonic() < deadline, "the empty handler does not answer"
        yield port
    finally:
        process.kill()
        process.wait()


def _fill(box: Box) -> tuple[list[str], str]:
    """Puts deployments into the store as if they had long been over; the projects' ids and one's."""
    projects = [box.create(f"p{number}") for number in range(PROJECTS)]
    each = DEPLOYMENTS // PROJECTS
    moment = "2026-01-01T00:00:00.000Z"
    with closing(sqlite3.connect(box.directory / "sotabox.db", timeout=30)) as database, database:
        (user,) = database.execute("SELECT id FROM users").fetchone()
        database.executemany(
            "INSERT INTO deployments (id, project_id, number, status, source, image_tag, build_method,"
            " framework, phases, url, created_by, created_at, updated_at) VALUES (?, ?, ?, 'stopped',"
            " 'archive', 'sotabox/p:0', 'auto', 'flask', '{\"build\": 8000}', 'p.box.test', ?, ?, ?)",
            (
                (f"{project}-{number}", project, number, user, moment, moment)
                for project in projects
                for number in range(1, each + 1)
            ),
        )
    return projects, f"{projects[0]}-{each // 2}"
