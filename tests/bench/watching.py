"""What is watched while a box works: how long its API takes, and how much memory its processes have."""

import multiprocessing
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from multiprocessing.connection import Connection
from typing import Final

from tests.bench.footprint import rss_mb
from tests.box import Box

_PAUSE_S: Final = 0.02
_SAMPLE_S: Final = 0.25
_TIMEOUT_S: Final = 30


@contextmanager
def probing(box: Box, paths: Sequence[str]) -> Iterator[list[float]]:
    """Asks the API for these paths in turn, from a process of its own, for the time of the block.

    The list holds the milliseconds of all answers afterwards.
    """
    processes = multiprocessing.get_context("spawn")
    ours, theirs = processes.Pipe()
    probe = processes.Process(target=_probe, args=(theirs, box.api_port, box.key, tuple(paths)))
    probe.start()
    theirs.close()  # else its end is never seen
    taken: list[float] = []
    try:
        assert ours.poll(_TIMEOUT_S), "the probe does not start"
        ours.recv()
        yield taken
        ours.send(None)
        assert ours.poll(2 * _TIMEOUT_S), "an answer of the API took too long"
        taken += ours.recv()
    finally:
        probe.kill()
        probe.join()
        probe.close()
        ours.close()


def _probe(orders: Connection, port: int, key: str, paths: Sequence[str]) -> None:
    taken: list[float] = []
    with closing(HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_S)) as connection:
        orders.send(None)
        while not orders.poll(_PAUSE_S):
            path = paths[len(taken) % len(paths)]
            began = time.perf_counter()
            connection.request("GET", path, headers={"Authorization": f"Bearer {key}"})
            answer = connection.getresponse()
            answer.read()
            taken.append(1000 * (time.perf_counter() - began))
            assert answer.status == 200, (path, answer.status)
    orders.send(taken)


class Memory:
    """The memory of a box's processes, in MB, by what was going on."""

    def __init__(self, box: Box) -> None:
        self._pids = {"sotabox": box.pid, "Caddy": box.caddy_pid}
        self.by_process: dict[str, list[tuple[str, list[float]]]] = {n: [] for n in self._pids}

    @contextmanager
    def during(self, name: str) -> Iterator[None]:
        """Samples for the time of the block, at least once."""
        samples: dict[str, list[float]] = {process: [] for process in self._pids}
        over = threading.Event()

        def sample() -> None:
            while True:
                for process, pid in self._pids.items():
                    samples[process].append(rss_mb(pid))
                if over.wait(_SAMPLE_S):
                    return

        thread = threading.Thread(target=sample, name="memory")
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
        for process, values in samples.items():
            self.by_process[process].append((name, values))
