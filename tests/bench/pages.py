"""Server time of the dashboard's pages, beside an empty page of the same server in the same run.

One after the other on one connection, straight to the control plane: what a page costs, not how many
a second there may be. 100 projects and 10,000 deployments are stored, with their figures of a week.
"""

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from statistics import median
from typing import Final
from urllib.parse import urlencode

from sotabox.model.sample import RINGS
from tests.bench.table import show
from tests.box import Box, running_box

PROJECTS: Final = 100
DEPLOYMENTS: Final = 10_000
SAMPLES: Final = 100  # of each project in each resolution
ROUNDS: Final = 40
AIM_MS: Final = 15
EMAIL: Final = "bench@box.test"
PASSWORD: Final = "correct horse battery"
#: The least that the same server, with its gate, session and frame, answers with a page.
FLOOR: Final = "/nothing-is-here"


class Visitor:
    """Somebody who is logged in, on one connection."""

    def __init__(self, connection: HTTPConnection) -> None:
        self._connection = connection
        self._cookies: dict[str, str] = {}

    def ask(self, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, bytes]:
        """Status and body."""
        headers = {"Host": "localhost", "Cookie": "; ".join(map("=".join, self._cookies.items()))}
        body = None
        if form is not None:
            body = urlencode(form)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        for cookie in answer.headers.get_all("set-cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        return answer.status, content

    def set_up(self, link: str) -> None:
        """Chooses a login by a setup link, which lets in as well."""
        path = "/setup/" + link.rpartition("/")[2]
        _, page = self.ask("GET", path)
        token = re.search(rb'name="csrf" value="([^"]+)"', page)
        assert token, page
        form = {"csrf": token[1].decode(), "email": EMAIL, "password": PASSWORD, "again": PASSWORD}
        status, page = self.ask("POST", path, form)
        assert status == 303, page

    def time_ms(self, path: str) -> float:
        """How long the page takes."""
        began = time.perf_counter()
        status, _ = self.ask("GET", path)
        took = 1000 * (time.perf_counter() - began)
        assert status == (404 if path == FLOOR else 200), (path, status)
        return took


def run(rounds: int = ROUNDS) -> None:
    """Prints the median of each page, and what it is of the empty one's."""
    with running_box() as box:
        pages = {"an empty page": FLOOR} | _pages(box)
        found = _measure(box, pages, rounds)
    about = f"pages, {PROJECTS} projects, {DEPLOYMENTS:,} deployments stored"
    show(about, list(found.items()), "ms")
    late = [name for name, values in found.items() if median(values) > AIM_MS]
    print(f"\n  aim: a median of at most {AIM_MS} ms; above it: {', '.join(late) or 'none'}")


def _measure(box: Box, pages: dict[str, str], rounds: int) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {name: [] for name in pages}
    with _visitor(box) as visitor:
        for path in pages.values():
            visitor.time_ms(path)  # what is loaded at the first time is loaded
        for _ in range(rounds):
            for name, path in pages.items():
                found[name].append(visitor.time_ms(path))
    return found


@contextmanager
def _visitor(box: Box) -> Iterator[Visitor]:
    link = box.command("user", "setup-link").strip()
    with closing(HTTPConnection("127.0.0.1", box.api_port, timeout=60)) as connection:
        visitor = Visitor(connection)
        visitor.set_up(link)
        yield visitor


def _pages(box: Box) -> dict[str, str]:
    """Every page that a person opens, of a box that has a past; by name."""
    project, deployment, user = _fill(box)
    base = f"/projects/{project}"
    tabs = ("deployments", "environment", "domains", "metrics", "members", "webhooks", "settings")
    boxes = ("people", "certificates", "backups", "audit", "updates")
    return (
        {"projects": "/", "new project": "/new", "project": base}
        | {tab: f"{base}/{tab}" for tab in tabs}
        | {"deployment": f"{base}/deployments/{deployment}", "box": "/box"}
        | {name: f"/box/{name}" for name in boxes}
        | {"person": f"/box/people/{user}", "account": "/account", "search": "/search?q=p7"}
    )


def _fill(box: Box) -> tuple[str, str, str]:
    """A past, as if it had long been over; slug and id of a project's deployment, and a user."""
    ids = [box.create(f"p{number}") for number in range(PROJECTS)]
    each = DEPLOYMENTS // PROJECTS
    moment = "2026-01-01T00:00:00.000Z"
    with closing(sqlite3.connect(box.directory / "sotabox.db", timeout=30)) as database, database:
        (user,) = database.execute("SELECT id FROM users").fetchone()
        database.executemany(
            "INSERT INTO deployments (id, project_id, number, status, source, image_tag, build_method,"
            " framework, phases, url, created_by, created_at, updated_at) VALUES (?, ?, ?, 'stopped',"
            " 'archive', 'sotabox/p:0', 'auto', 'flask', '{\"build\": 8000}', 'p.box.test', ?, ?, ?)",
            (
                (f"{id_}-{number}", id_, number, user, moment, moment)
                for id_ in ids
                for number in range(1, each + 1)
            ),
        )
        now = int(time.time())
        database.executemany(
            "INSERT OR IGNORE INTO samples (project_id, step_s, at, seconds, cpu_ms, memory_bytes, ok,"
            " redirect, client_error, server_error, duration_ms, slow)"
            " VALUES (?, ?, ?, ?, 900, 30000000, 9, 0, 0, 0, 100, 0)",
            (
                (id_, ring.step_s, now - now % ring.step_s - number * ring.step_s, ring.step_s)
                for id_ in ids
                for ring in RINGS.values()
                for number in range(SAMPLES)
            ),
        )
    return "p7", f"{ids[7]}-{each // 2}", user
