"""A machine of its own to be broken: engine, box, three apps with visitors, and a spare app."""

import json
import os
import secrets
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from socket import AF_INET, SOCK_DGRAM, socket
from typing import Any, Final

from sotabox.fault_points import FaultPoint
from tests.box import Answer, Box, running_box
from tests.machine.engine_proxy import EngineProxy, engine_proxy
from tests.machine.name_server import NameServer, name_server
from tests.machine.private_engine import PrivateEngine, private_engine

ROOT: Final = Path(__file__).resolve().parents[2]
APP: Final = ROOT / "tests" / "appliance" / "app"
#: They have visitors all the time, who count what they lose.
APPS: Final = ("one", "two", "three")
#: One that several containers serve; there once a fault has asked for it.
CROWD: Final = "crowd"
#: One that may be paused, broken and cancelled.
SPARE: Final = "spare"
DRAIN_TIMEOUT_S: Final = 2
RELEASES_KEPT: Final = 2
REACH_S: Final = 90


@dataclass
class World:
    """What the faults break. Make one with `small_world`."""

    engine: PrivateEngine
    proxy: EngineProxy  # by which the box reaches its engine
    box: Box
    dns: NameServer
    fault_file: Path
    backups: Path
    later: list[Callable[[], object]] = field(default_factory=list)

    def arm(self, order: str, point: FaultPoint, times: int = 1) -> None:
        """The box sends itself the signal `order` the next time that it gets to `point`.

        With `times`, when it gets there for that many times from now on.
        """
        fresh = self.fault_file.with_suffix(".new")
        fresh.write_text(f"{order} {point} {times}", encoding="ascii")
        fresh.replace(self.fault_file)

    def wait_for_death(self) -> None:
        """Returns when the box has died of what it was armed with."""
        process = self.box.process
        assert process is not None
        try:
            process.wait(REACH_S)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"not reached: {self.fault_file.read_text()}") from None
        assert not self.fault_file.exists(), self.box.logs[-1].read_text()[-3000:]

    @contextmanager
    def frozen_at(self, point: FaultPoint, act: "Act") -> Iterator[Future[list["Promise"]]]:
        """`act` under way, and the box stopped at `point` for the time of the block."""
        pid = self.box.pid
        self.arm("STOP", point)
        with ThreadPoolExecutor(1) as pool:
            acting = pool.submit(act, self)
            try:
                wait_until(lambda: _is_stopped(pid), f"stopped at {point}")
                yield acting
            finally:
                self.fault_file.unlink(missing_ok=True)
                with suppress(ProcessLookupError):  # the trouble may have been its end
                    os.kill(pid, signal.SIGCONT)

    def folder(self, name: str) -> Path:
        """An empty folder for a round; it goes with the world."""
        folder = self.engine.directory / f"{name}-{secrets.token_hex(3)}"
        folder.mkdir()
        return folder

    def rows(self, sql: str, *values: str) -> list[sqlite3.Row]:
        """What the box's database holds."""
        path = f"file:{self.box.directory}/sotabox.db?mode=ro"
        with closing(sqlite3.connect(path, uri=True)) as database:
            database.row_factory = sqlite3.Row
            return list(database.execute(sql, values))

    def tidy(self) -> None:
        """Undoes what a round made on purpose."""
        self.fault_file.unlink(missing_ok=True)
        while self.later:
            self.later.pop()()


#: What was acknowledged: says what is wrong with it, or None where it holds.
Promise = Callable[[World], str | None]
#: Asks the box for something, and gives what it acknowledged.
Act = Callable[[World], list[Promise]]


def wait_until(holds: Callable[[], object], what: str, within_s: float = REACH_S) -> None:
    """Returns when a condition holds."""
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, f"never came: {what}"
        time.sleep(0.02)


def _is_stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def files_of(slug: str, *, steps: str = "", fresh: bool = True) -> dict[str, str | bytes]:
    """The archive of an app that says its own name; a fresh one is built, whatever was before."""
    nonce = f"ENV NONCE={secrets.token_hex(6)}\n" if fresh else ""
    dockerfile = (APP / "Dockerfile").read_text()
    return {
        "Dockerfile": f"{dockerfile}{nonce}{steps}ENV RELEASE={slug}\n",
        "server.py": (APP / "server.py").read_text(),
    }


@contextmanager
def small_world(data_dir: Path | None = None, **settings: str) -> Iterator[World]:
    """Three apps that answer and one to spare, beside an engine of their own."""
    with (
        private_engine() as engine,
        name_server(engine.inside(_bound)) as dns,
        engine_proxy(engine.directory / "proxy.sock", engine.docker_host) as proxy,
    ):
        engine.start()
        engine.load(_base())
        fault_file = engine.directory / "fault"
        backups = engine.directory / "backups"
        backups.mkdir()
        chosen = {
            "drain_timeout_s": str(DRAIN_TIMEOUT_S),
            "stop_grace_s": "2",
            "releases_kept": str(RELEASES_KEPT),
            "app_memory_mb": "64",
            "dns": dns.address,
            "docker_host": proxy.docker_host,
            "fault_file": str(fault_file),
            "private_sources": "true",  # loopback is where a test's own servers are
            **({"data_dir": str(data_dir)} if data_dir else {}),
            **settings,
        }
        with running_box(engine, **chosen) as box:
            for slug in (*APPS, SPARE):
                box.create(slug)
                deployment = box.deploy(slug, files_of(slug))
                assert deployment["status"] == "running", deployment
            yield World(engine, proxy, box, dns, fault_file, backups)


def _bound() -> socket:
    made = socket(AF_INET, SOCK_DGRAM)
    made.bind(("127.0.0.1", 0))
    return made


def _base() -> str:
    """The tag of an image with Python on the engine of all."""
    make = [sys.executable, str(ROOT / "tests" / "bases" / "make.py"), "python"]
    return subprocess.run(make, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def asked(world: World, method: str, path: str, body: Any = None) -> Answer | None:
    """What the control plane answered; None where it was cut off."""
    try:
        return world.box.request(method, f"/v1{path}", body, timeout_s=REACH_S)
    except (OSError, EOFError, json.JSONDecodeError):
        return None
    except Exception as error:
        if type(error).__module__ == "http.client":
            return None
        raise
