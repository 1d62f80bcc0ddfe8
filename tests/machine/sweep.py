"""Finds and removes what test runs left on the engine.

    python tests/machine/sweep.py       removes what runs that are dead left behind

Test instances are named `test-PID-RANDOM`: PID is the pytest process that made them, so the remains
of a killed run are told from what a run beside this one is using.
"""

import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import docker
from docker.errors import APIError, NotFound

LABEL: Final = "sotabox.instance"
PREFIX: Final = "test-"


@dataclass(frozen=True, slots=True)
class Leftover:
    """One thing on the engine that some test instance made."""

    kind: str  # container, network, volume or image
    id: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


def of_run(pid: int) -> Callable[[str], bool]:
    """Tells the instances that the pytest process `pid` made."""
    return lambda instance: instance.startswith(f"{PREFIX}{pid}-")


def of_dead_runs(instance: str) -> bool:
    """Tells the instances of test runs whose process is gone."""
    pid = instance.removeprefix(PREFIX).partition("-")[0]
    return instance.startswith(PREFIX) and pid.isdigit() and not _is_python(pid)


def _is_python(pid: str) -> bool:
    """Does the process live, and is it not a stranger that got the number since?"""
    try:
        return b"python" in Path("/proc", pid, "cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return False


def find(engine: docker.DockerClient, chosen: Callable[[str], bool]) -> list[Leftover]:
    """Everything labelled with an instance that `chosen` takes, in an order fit for removal."""
    labelled = {"label": LABEL}
    listed = [
        *(
            ("container", c, c["Names"][0])
            for c in engine.api.containers(all=True, filters=labelled)
        ),
        *(("network", n, n["Name"]) for n in engine.api.networks(filters=labelled)),
        *(("volume", v, v["Name"]) for v in engine.api.volumes(filters=labelled)["Volumes"] or ()),
        *(
            ("image", i, (i["RepoTags"] or [i["Id"]])[0])
            for i in engine.api.images(filters=labelled)
        ),
    ]
    return [
        Leftover(kind, item.get("Id") or item["Name"], name)
        for kind, item, name in listed
        if chosen(item["Labels"][LABEL])
    ]


def remove(engine: docker.DockerClient, leftovers: Sequence[Leftover]) -> None:
    """Removes them; one that somebody else removed meanwhile is fine."""
    removers: dict[str, Callable[[str], object]] = {
        "container": lambda id_: engine.api.remove_container(id_, force=True, v=True),
        "network": engine.api.remove_network,
        "volume": engine.api.remove_volume,
        "image": lambda id_: engine.api.remove_image(id_, force=True),
    }
    for leftover in leftovers:
        with suppress(NotFound):
            removers[leftover.kind](leftover.id)


def end_orphans() -> None:
    """Ends boxes of dead runs that live on: they would make anew whatever is removed."""
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        with suppress(OSError):
            environ = (process / "environ").read_bytes().split(b"\0")
            data_dirs = [v[17:] for v in environ if v.startswith(b"SOTABOX_DATA_DIR=")]
            instances = [Path(d.decode(), "instance-id").read_text() for d in data_dirs]
            if any(of_dead_runs(instance) for instance in instances):
                os.kill(int(process.name), signal.SIGKILL)


def main() -> int:
    end_orphans()
    with closing(docker.from_env(timeout=60)) as engine:
        leftovers = find(engine, of_dead_runs)
        if leftovers:
            print(f"== sweep: {len(leftovers)} leftovers of killed runs")
        try:
            remove(engine, leftovers)
        except APIError as error:
            print(f"Could not remove what a killed run left: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
