"""A box that is full: many projects, users, routes and deployments of the past, and what is done to it."""

import asyncio
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from typing import Final

import docker

from sotabox.store.logs import Logs
from tests.bench.log_readers import talker
from tests.bench.log_stream import Reader, check_exact, read_all
from tests.bench.pages import Visitor
from tests.bench.watching import probing
from tests.box import Box

_TIMEOUT_S: Final = 900
_LONG_AGO: Final = "2026-01-01T00:00:00.000Z"
_NETWORKS: Final = 10  # at once there is one of them
_NEVER: Final = "2099-01-01T00:00:00.000Z"


@dataclass(frozen=True)
class Size:
    """How much of everything."""

    projects: int = 200
    deploys: int = 50
    users: int = 10
    readers: int = 500
    lines: int = 2_000
    long_log: int = 1_000_000
    history: int = 10_000
    routes: int = 1_000
    idle_s: float = 10


FULL: Final = Size()
SMALL: Final = Size(projects=40, deploys=20, readers=200, idle_s=5)


class FullBox:
    """A box, its users, and what it is filled with."""

    def __init__(self, box: Box, size: Size) -> None:
        self._box = box
        self._size = size
        self._users: list[Box] = []  # the same box, as each of them sees it
        self._ids: dict[str, str] = {}  # of projects, by slug
        self._long = ""
        self.creations_ms: list[float] = []  # of each project, in their order
        self.networks_ms: list[list[float]] = []  # the engine's, beside no project and beside all

    def fill(self) -> None:
        """Users, projects, the past, routes, and all apps but those that are deployed under load."""
        for number in range(self._size.users):
            email = f"user-{number}@box.test"
            self._box.command("user", "invite", email)
            key = self._box.command("apikey", "create", "--name", "bench", "--user", email)
            self._users.append(replace(self._box, key=key.strip()))
        self._box.create("talker")
        self.networks_ms.append(_time_networks_ms())
        for number in range(self._size.projects):
            slug = f"app-{number}"
            began = time.monotonic()
            self._ids[slug] = self._owner(slug).create(slug)
            self.creations_ms.append(1000 * (time.monotonic() - began))
        self.networks_ms.append(_time_networks_ms())
        self._remember()
        self._box.stop()
        self._box.start()
        for user in self._users:
            user.process = self._box.process
        began = time.monotonic()
        self._deploy(list(self._ids)[self._size.deploys :])
        print(f"\nfilled after {time.monotonic() - began:.0f} s", flush=True)

    @contextmanager
    def probing(self, name: str, found: list[tuple[str, list[float]]]) -> Iterator[None]:
        """Notes how long the API takes, for the time of the block."""
        project = f"/v1/projects/app-{self._size.projects - 1}"
        paths = (f"{project}/deployments", f"{project}/deployments/{self._long}", "/v1/projects")
        with probing(self._box, paths) as taken:
            yield
        found.append((name, taken))

    def load(self) -> tuple[float, float]:
        """Seconds until all deploys are settled, and until each reader has the whole log."""
        answer = self._box.upload("talker", talker(self._size.lines))
        assert answer.status == 202, answer.body
        began = time.monotonic()
        with ThreadPoolExecutor(1) as pool:
            reading = pool.submit(self._read, answer.data["id"])
            self._deploy(list(self._ids)[: self._size.deploys])
            settled_s = time.monotonic() - began
            return settled_s, reading.result() - began

    def _read(self, deployment_id: str) -> float:
        found = asyncio.run(
            read_all(self._box, "talker", deployment_id, self._size.readers, _TIMEOUT_S)
        )
        check_exact(found)
        assert found[0].lines >= self._size.lines, found[0].lines
        return time.monotonic()

    def _deploy(self, slugs: Sequence[str]) -> None:
        """Uploads all at once, and returns when all run."""
        with ThreadPoolExecutor(self._size.users) as pool:
            ids = list(pool.map(self._upload, slugs))
        deadline = time.monotonic() + _TIMEOUT_S
        for slug, id_ in zip(slugs, ids, strict=True):
            left_s = deadline - time.monotonic()
            deployment = self._owner(slug).settled(slug, id_, timeout_s=left_s)
            assert deployment["status"] == "running", (slug, deployment)

    def _upload(self, slug: str) -> str:
        answer = self._owner(slug).upload(slug, talker(1))
        assert answer.status == 202, answer.body
        id_: str = answer.data["id"]
        return id_

    def _owner(self, slug: str) -> Box:
        return self._users[int(slug.rpartition("-")[2]) % len(self._users)]

    def _remember(self) -> None:
        """Puts a past and domains into the store, as if they had long been there."""
        ids = list(self._ids.values())
        each, routes = self._size.history // len(ids), self._size.routes // len(ids)
        self._long = f"{ids[-1]}-{each}"
        store = self._box.directory / "sotabox.db"
        with closing(sqlite3.connect(store, timeout=30)) as database, database:
            database.executemany(
                "INSERT INTO deployments (id, project_id, number, status, source, image_tag,"
                " build_method, framework, phases, created_at, updated_at)"
                " VALUES (?, ?, ?, 'stopped', 'archive', 'sotabox/p:0', 'auto', 'flask', '{}', ?, ?)",
                (
                    (f"{id_}-{number}", id_, number, _LONG_AGO, _LONG_AGO)
                    for id_ in ids
                    for number in range(1, each + 1)
                ),
            )
            database.executemany(
                "INSERT INTO domains (id, project_id, domain, zone, status, next_check_at, created_at,"
                " updated_at) VALUES (?, ?, ?, 'example.org', 'active', ?, ?, ?)",
                (
                    (name, id_, f"{name}.example.org", _NEVER, _LONG_AGO, _LONG_AGO)
                    for at, id_ in enumerate(ids)
                    for name in (f"n{at}-{number}" for number in range(routes))
                ),
            )

    def write_long_log(self) -> None:
        """The log of an old deployment, as long as logs get."""
        writer = Logs(self._box.directory / "logs").open(self._long)
        for start in range(0, self._size.long_log, 10_000):
            writer.append(f"[build] #9 0.5 line {start + number}" for number in range(10_000))

    def read_long_log(self, visitor: Visitor) -> dict[str, float]:
        """Seconds of each way to read it."""
        slug, lines = f"app-{self._size.projects - 1}", self._size.long_log
        path = f"/v1/projects/{slug}/deployments/{self._long}/logs"
        page = f"/projects/{slug}/deployments/{self._long}"

        def read_text() -> None:
            body = self._box.request("GET", path, timeout_s=_TIMEOUT_S).body
            assert body.count(b"\n") == lines, body.count(b"\n")

        def stream() -> None:
            reader = Reader()
            asyncio.run(reader.read(self._box, slug, self._long, _TIMEOUT_S))
            assert (reader.lines, reader.ended) == (lines, True), reader

        def resume() -> None:
            sent = {"Last-Event-ID": str(lines - 11)}
            body = self._box.request("GET", f"{path}/stream", headers=sent).body
            assert body.count(b"data: ") == 10, body

        def show_end() -> None:
            visitor.time_ms(page)

        def show_middle() -> None:
            visitor.time_ms(f"{page}?before={lines // 2}")

        return {
            "all of it as text": _seconds(read_text),
            "all of it as a stream": _seconds(stream),
            "the last ten lines, of a stream resumed": _seconds(resume),
            "its end, as a page": _seconds(show_end),
            "500 lines of its middle": _seconds(show_middle),
        }

    @contextmanager
    def visitor(self) -> Iterator[Visitor]:
        """Somebody who has logged in to the dashboard."""
        link = self._box.command("user", "setup-link").strip()
        with closing(HTTPConnection("127.0.0.1", self._box.api_port, timeout=60)) as connection:
            visitor = Visitor(connection)
            visitor.set_up(link)
            yield visitor

    def check_apps(self) -> None:
        """Every app answers at its own address, and at a domain of its own."""
        for at, slug in enumerate(self._ids):
            assert self._box.visit(slug).status == 200, slug
            if self._size.routes >= self._size.projects:
                answer = self._box.request("GET", "/", host=f"n{at}-0.example.org")
                assert answer.status == 200, answer


def _seconds(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def _time_networks_ms() -> list[float]:
    """What the engine takes to make a network: the most of what a project's creation waits for."""
    taken = []
    with closing(docker.APIClient(timeout=60)) as engine:
        for _ in range(_NETWORKS):
            name = f"sotabox-bench-{secrets.token_hex(4)}"
            began = time.monotonic()
            made = engine.create_network(name, driver="bridge")
            taken.append(1000 * (time.monotonic() - began))
            engine.remove_network(made["Id"])
    return taken
