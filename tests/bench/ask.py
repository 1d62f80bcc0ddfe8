"""How long Caddy waits for our answer before a handshake goes on: `/internal/ask`."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection

from sotabox.domains.ask import AskIndex
from sotabox.router.config import CustomHost, Route
from tests.box import Box, running_box

DOMAINS = 5_000
QUESTIONS = 5_000


def run(domains: int = DOMAINS, questions: int = QUESTIONS) -> None:
    """Prints the times of the index alone, and over HTTP as Caddy asks."""
    print(f"\nAsk, {domains:,} domains known")
    index = AskIndex(lambda _: False)
    routes = [
        Route(
            (f"p{n}.box.test",), f"p{n}", "/u", (CustomHost(f"n{n}.example.org", certified=True),)
        )
        for n in range(domains)
    ]
    index.replace(routes)
    _print("index, known", _times(lambda n: index.allows(f"n{n % domains}.example.org"), questions))
    _print("index, unknown", _times(lambda n: index.allows(f"x{n}.example.net"), questions))
    with running_box() as box:
        _fill(box, domains)
        box.stop()
        box.start()
        with closing(HTTPConnection("127.0.0.1", box.api_port)) as caddy:
            known = _times(lambda n: _ask(caddy, f"n{n % domains}.example.org", 200), questions)
            unknown = _times(lambda n: _ask(caddy, f"x{n}.example.net", 403), questions)
            floor = _times(lambda _: _get(caddy, "/healthz", 200), questions)
    _print("HTTP, known", known)
    _print("HTTP, unknown", unknown)
    _print("HTTP, /healthz", floor)


def _fill(box: Box, domains: int) -> None:
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
    times = []
    for number in range(count):
        start = time.perf_counter()
        work(number)
        times.append(time.perf_counter() - start)
    return sorted(times)


def _print(name: str, times_s: list[float]) -> None:
    p50, p99 = (times_s[int(len(times_s) * share)] * 1000 for share in (0.5, 0.99))
    print(f"  {name:<16} p50 {p50:8.4f} ms   p99 {p99:8.4f} ms")
