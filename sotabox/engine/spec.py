"""What the engine is told about a container: a pure function from our words to its JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sotabox.engine.labels import Role, labels_of
from sotabox.model.ids import short_id
from sotabox.model.project import Limits

#: What a root process keeps after all else is dropped. Images that start as root and then step down
#: (nginx, postgres, redis and most that bring an entry point) need these: to own and open their data
#: folders (CHOWN, DAC_OVERRIDE, FOWNER: a chmod after the chown), to become their user (SETUID,
#: SETGID), to signal workers that already have (KILL), to bind port 80 on engines that don't open
#: low ports by sysctl, and to execute binaries that carry this capability in their file, as Caddy's
#: image does (NET_BIND_SERVICE). From Docker's default set are left out: NET_RAW (spoofed addresses
#: would pass our firewall), MKNOD, SYS_CHROOT, SETFCAP, SETPCAP, AUDIT_WRITE and FSETID, which only
#: tools of administration use. None of these reach a process that is not root: `no-new-privileges`
#: closes the ways back.
CAPABILITIES: Final = (
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "KILL",
    "NET_BIND_SERVICE",
    "SETGID",
    "SETUID",
)

#: Files that an app may hold open. An unlimited engine hands out 10^9, which some programs walk
#: through at their start.
OPEN_FILES: Final = 65_536
_LOG_OPTIONS: Final = {"max-size": "10m", "max-file": "3", "mode": "blocking"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerRequest:
    """A container that the pipeline wants.

    Attributes:
        network_id: of the project's own network.
        address: its fixed IPv4 address there; None lets the engine choose.
        env: without `PORT`, which is `port`.
        command: replaces the image's command; None keeps it.
        entrypoint: replaces the image's entry point; None keeps it.
        port: on which the app must listen.
        stop_grace_s: used where somebody else stops it: the engine at its end, `docker stop`.
    """

    instance_id: str
    project_id: str
    deployment_id: str
    slug: str
    image_id: str
    network_id: str
    address: str | None
    env: Mapping[str, str] = field(repr=False)
    command: tuple[str, ...] | None
    entrypoint: tuple[str, ...] | None = None
    port: int
    limits: Limits
    stop_grace_s: int
    role: Role = Role.APP


def container_name(request: ContainerRequest, nonce: str) -> str:
    """A name for people's eyes in `docker ps`; `nonce` keeps it from colliding with a leftover."""
    return f"{request.slug}-{short_id(request.deployment_id)}-{nonce}"


def container_body(request: ContainerRequest, open_files: int = OPEN_FILES) -> dict[str, Any]:
    """The body of the engine's call that makes a container.

    `open_files` is less than usual where the machine itself may not open as many.

    Source: Docker Engine API, `POST /containers/create`.
    """
    body: dict[str, Any] = {
        "Image": request.image_id,
        "Hostname": request.slug,
        "Env": [f"{key}={value}" for key, value in _environment(request).items()],
        "Labels": labels_of(
            request.instance_id,
            request.role,
            project_id=request.project_id,
            deployment_id=request.deployment_id,
        ),
        # The pipeline probes; a check that the image brings would cost an exec each time.
        "Healthcheck": {"Test": ["NONE"]},
        "StopTimeout": request.stop_grace_s,
        "Tty": False,
        "OpenStdin": False,
        "HostConfig": _host_config(request, open_files),
        "NetworkingConfig": {"EndpointsConfig": {request.network_id: _endpoint(request.address)}},
    }
    if request.entrypoint is not None:
        body["Entrypoint"] = list(request.entrypoint)
    if request.command is not None:
        body["Cmd"] = list(request.command)
    return body


def _environment(request: ContainerRequest) -> dict[str, str]:
    return {**request.env, "PORT": str(request.port)}


def _host_config(request: ContainerRequest, open_files: int) -> dict[str, Any]:
    memory_bytes = request.limits.memory_mb * 1024 * 1024
    return {
        "NetworkMode": request.network_id,
        "PortBindings": {},  # the router dials the container's address: nothing is published
        "PublishAllPorts": False,
        # Until it serves: a candidate that exits has failed. `Containers.keep` changes it then.
        "RestartPolicy": {"Name": "no"},
        "Init": True,  # without it a shell as PID 1 makes each stop last its whole grace
        "Privileged": False,
        "CapDrop": ["ALL"],
        "CapAdd": list(CAPABILITIES),
        "SecurityOpt": ["no-new-privileges"],
        "Memory": memory_bytes,
        "MemorySwap": memory_bytes,  # memory and swap together: no swap
        "NanoCpus": int(request.limits.cpus * 1_000_000_000),
        "PidsLimit": request.limits.pids,
        "Ulimits": [
            {"Name": "nofile", "Soft": open_files, "Hard": open_files},
            {"Name": "core", "Soft": 0, "Hard": 0},  # a dump would hold the app's secrets
        ],
        "LogConfig": {"Type": "local", "Config": dict(_LOG_OPTIONS)},
        "ReadonlyRootfs": False,  # apps write to /tmp and to their own tree
    }


def _endpoint(address: str | None) -> dict[str, Any]:
    return {"IPAMConfig": {"IPv4Address": address}} if address is not None else {}
