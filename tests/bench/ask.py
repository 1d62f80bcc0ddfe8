"""How long Caddy waits for our answer before a handshake goes on: `/internal/ask`."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection

from sotabox.domains.ask import AskIndex
from sotabox.router.terms import CustomHost, Route
from tests.bench.table import show
from tests.box import Box, running_box

DOMAINS = 5_000
QUESTIONS = 5_000


def run(domains: int = DOMAINS, questions: int = QUESTIONS) -> None:
    """Prints the times of the index alone, and over HTTP as Caddy asks."""
    index = AskIndex(lambda _: False)
    routes = [
        Route(
            (f"p{n}.box.test",), f"p{n}", "/u", (CustomHost(f"n{n}.example.org", certified=True),)
        )
        for n in range(domains)
    ]
    index.replace(routes)
    alone = [
        ("known", _times(lambda n: index.allows(f"n{n % domains}.example.org"), questions)),
        ("unknown", _times(lambda n: index.allows(f"x{n}.example.net"), questions)),
    ]
    about = f"{domains:,} domains known"
    in_us = [(name, [1000 * took_ms for took_ms in times]) for name, times in alone]
    show(f"The index alone, {about}", in_us, "µs", compared=False)
    with running_box() as box:
        fill(box, domains)
        box.stop()
        box.start()
        with closing(HTTPConnection("127.0.0.1", box.api_port)) as caddy:
            known = _times(lambda n: _ask(caddy, f"n{n % domains}.example.org", 200), questions)
            unknown = _times(lambda n: _ask(caddy, f"x{n}.example.net", 403), questions)
            floor = _times(lambda _: _get(caddy, "/healthz", 200), questions)
    rows = [("/healthz", floor), ("a known name", known), ("an unknown name", unknown)]
    show(f"Over HTTP, {about}", rows, "ms")


def fill(box: Box, domains: int) -> None:
    """Puts domains into the store as if they had long been active."""
    box.create("shop")
    moment = "2099-01-01T00:00:00.000Z"
    with closing(sqlite3.connect(box.directory / "sotabox.db")) as database, database:
        (project,) = database.execute("SELECT id FROM projects").fetchone()
        database.executemany(
            "INSERT INTO domains (id, project_id, domain, zone, status, next_check_at, created_at,"
            " updated_at) VALUES (?, ?, ?, 'example.org', 'active', ?, ?, ?)",
            (
                (str(n), project, f"n{n}.example.org", moment, moment, moment)
                for n in range(domains)
            ),
        )


def _ask(caddy: HTTPConnection, name: str, status: int) -> None:
    _get(caddy, f"/internal/ask?domain={name}", status)


def _get(caddy: HTTPConnection, path: str, status: int) -> None:
    caddy.request("GET", path)
    answer = caddy.getresponse()
    answer.read()
    assert answer.status == status, (path, answer.status)


def _times(work: Callable[[int], object], count: int) -> list[float]:
    """Milliseconds of each."""
    times = []
    for number in range(count):
        start = time.perf_counter()
        work(number)
        times.append((time.perf_counter() - start) * 1000)
    return times
