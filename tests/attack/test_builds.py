"""A Dockerfile is anybody's program: what it must not reach, asked from inside real builds."""

import secrets
import socket
from contextlib import closing
from ipaddress import ip_network

import docker
import pytest

from tests.box import Box

pytestmark = [pytest.mark.engine, pytest.mark.slow]

ASK = """
import socket, sys
for address in sys.argv[1:]:
    host, _, port = address.rpartition(":")
    try: socket.create_connection((host, int(port)), 3).close(); print("REACHED", address)
    except OSError as error: print("shut", address, error)
"""


def build(box: Box, slug: str, *steps: str) -> tuple[dict[str, str], str]:
    """Deploys a Dockerfile that is meant to fail at its end; the deployment and its log."""
    lines = ["FROM python:3.13-slim", "COPY ask.py /", *steps, "RUN exit 7", ""]
    deployment = box.deploy(slug, {"Dockerfile": "\n".join(lines), "ask.py": ASK})
    return deployment, box.log_of(slug, deployment["id"])


def test_build_reaches_neither_metadata_nor_the_host_s_services(box: Box) -> None:
    """A step can't ask the cloud for the machine's keys, nor a database that listens to all."""
    with closing(docker.DockerClient(timeout=60)) as engine:
        [config] = engine.networks.get("bridge").attrs["IPAM"]["Config"]
    gateway = str(next(ip_network(config["Subnet"]).hosts()))
    with socket.create_server(("0.0.0.0", 0)) as server:
        hidden = f"{gateway}:{server.getsockname()[1]}"
        metadata = "169.254.169.254:80"
        plane = f"{gateway}:{box.api_port} 127.0.0.1:{box.api_port}"
        _, log = build(box, "mine", f"RUN python3 /ask.py {hidden} {metadata} {plane}")
    assert " REACHED " not in log
    assert log.count(" shut ") == 4


def test_build_does_not_see_another_project_s_cache(box: Box) -> None:
    """Who names a cache mount as others do gets one of their own: nothing to read or to poison."""
    name = secrets.token_hex(4)
    mount = f"RUN --mount=type=cache,id={name},target=/c"
    build(box, "mine", f"{mount} echo poison > /c/file")
    _, mine = build(box, "mine", f"{mount} echo again >> /c/file; cat /c/file")
    _, theirs = build(box, "theirs", f"{mount} ls -A /c | wc -l; cat /c/* || echo 'all clean'")
    assert " poison" in mine  # a cache it is
    assert " poison" not in theirs.replace("echo poison", "")
    assert "all clean" in theirs


@pytest.mark.parametrize(
    "lines",
    [
        ("FROM {image}",),
        ("FROM docker.io/{image}",),
        ("ARG A={image}", "FROM $A"),
        ("FROM python:3.13-slim", "COPY --from={image} / /stolen"),
        ("FROM python:3.13-slim", "RUN --mount=type=bind,from={image},target=/s ls /s"),
    ],
)
def test_build_does_not_get_another_project_s_image(box: Box, lines: tuple[str, ...]) -> None:
    """Their source lies in it; knowing its name, as former members do, is not enough."""
    rows = box.request("GET", "/v1/projects/theirs/deployments").data
    [theirs] = [row for row in rows if row["status"] == "running"]
    image = f"sotabox/theirs:{theirs['id'][:8]}"
    with closing(docker.DockerClient(timeout=60)) as engine:
        assert engine.images.get(image)
    dockerfile = "\n".join(line.format(image=image) for line in lines) + '\nCMD ["true"]\n'
    deployment = box.deploy("mine", {"Dockerfile": dockerfile})
    assert deployment["status"] == "failed"
    assert "of another project" in str(deployment)


@pytest.mark.parametrize("flag", ["--network=host", "--security=insecure"])
def test_build_gets_no_privilege_by_asking(box: Box, flag: str) -> None:
    """BuildKit's own doors to the host are shut."""
    deployment, log = build(box, "mine", f"RUN {flag} echo let-in")
    assert deployment["status"] == "failed"
    assert "0 let-in" not in log
    assert "7" not in str(deployment["error"])
