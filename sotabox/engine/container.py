"""A container as plain values: what decides about containers needs no engine to be tested."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sotabox.engine import labels


@dataclass(frozen=True, slots=True)
class Container:
    """A container as it is now.

    Attributes:
        restarting: it ended, and the engine is about to start it again by itself.
        pid: of its init on the host; 0 unless running.
        address: its IPv4 address, only while it runs: a stopped one's may be another's by now.
        fixed_address: the one that it was made with and takes at each start.
        exit_code: of its last run; 0 while it never ended.
        oom_killed: some process of it ran out of memory, not necessarily the app.
        restart_count: by the engine, since it was made.
        restart_policy: `no` until it serves, then `unless-stopped`.
        started_at: RFC 3339.
    """

    id: str
    name: str
    image_id: str
    labels: Mapping[str, str]
    running: bool
    restarting: bool
    pid: int
    address: str | None
    fixed_address: str | None
    exit_code: int
    oom_killed: bool
    restart_count: int
    restart_policy: str
    started_at: str
    error: str

    @property
    def project_id(self) -> str | None:
        return self.labels.get(labels.PROJECT)

    @property
    def deployment_id(self) -> str | None:
        return self.labels.get(labels.DEPLOYMENT)

    @property
    def role(self) -> str | None:
        return self.labels.get(labels.ROLE)


@dataclass(frozen=True, slots=True)
class Place:
    """Who holds a fixed address in a project's network, running or not."""

    container_id: str
    deployment_id: str | None
    role: str | None
    address: str


def read_places(rows: Iterable[Mapping[str, Any]]) -> list[Place]:
    """The places in the engine's answer to a listing of containers."""
    return [
        Place(row["Id"], named.get(labels.DEPLOYMENT), named.get(labels.ROLE), address)
        for row in rows
        for named in [row["Labels"] or {}]
        for network in (row["NetworkSettings"]["Networks"] or {}).values()
        if (address := (network.get("IPAMConfig") or {}).get("IPv4Address"))
    ]


def read_container(answer: Mapping[str, Any]) -> Container:
    """The container in the engine's answer to `inspect`."""
    state = answer["State"]
    running = bool(state["Running"]) and not state.get("Restarting", False)
    networks = answer["NetworkSettings"]["Networks"] or {}
    addresses = [n["IPAddress"] for n in networks.values() if n and n.get("IPAddress")]
    fixed = [(n.get("IPAMConfig") or {}).get("IPv4Address") for n in networks.values() if n]
    return Container(
        id=answer["Id"],
        name=answer["Name"].removeprefix("/"),
        image_id=answer["Image"],
        labels=answer["Config"]["Labels"] or {},
        running=running,
        restarting=state.get("Restarting", False),
        pid=state["Pid"] if running else 0,
        address=addresses[0] if running and addresses else None,
        fixed_address=next((address for address in fixed if address), None),
        exit_code=state["ExitCode"],
        oom_killed=state.get("OOMKilled", False),
        restart_count=answer.get("RestartCount", 0),
        restart_policy=answer["HostConfig"]["RestartPolicy"].get("Name") or "no",
        started_at=state["StartedAt"],
        error=state.get("Error", ""),
    )
