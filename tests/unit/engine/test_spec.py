"""What the engine is told about a container."""

import dataclasses

from sotabox.engine.spec import ContainerRequest, container_body, container_name
from sotabox.model.project import Limits

REQUEST = ContainerRequest(
    instance_id="box",
    project_id="p1",
    deployment_id="0123456789abcdef",
    slug="blog",
    image_id="sha256:aa",
    network_id="n1",
    address="10.213.0.2",
    env={"A": "1", "PORT": "9"},
    command=("node", "server.js"),
    port=3000,
    limits=Limits(memory_mb=512, cpus=0.5, pids=128),
    stop_grace_s=10,
)


def test_container_body_is_exactly_this() -> None:
    """A change of what an app's container may do is seen here first."""
    assert container_body(REQUEST) == {
        "Image": "sha256:aa",
        "Cmd": ["node", "server.js"],
        "Hostname": "blog",
        "Env": ["A=1", "PORT=3000"],
        "Labels": {
            "sotabox.instance": "box",
            "sotabox.project": "p1",
            "sotabox.deployment": "0123456789abcdef",
            "sotabox.role": "app",
        },
        "Healthcheck": {"Test": ["NONE"]},
        "StopTimeout": 10,
        "Tty": False,
        "OpenStdin": False,
        "HostConfig": {
            "NetworkMode": "n1",
            "PortBindings": {},
            "PublishAllPorts": False,
            "RestartPolicy": {"Name": "no"},
            "Init": True,
            "Privileged": False,
            "CapDrop": ["ALL"],
            "CapAdd": [
                "CHOWN",
                "DAC_OVERRIDE",
                "FOWNER",
                "KILL",
                "NET_BIND_SERVICE",
                "SETGID",
                "SETUID",
            ],
            "SecurityOpt": ["no-new-privileges"],
            "Memory": 536870912,
            "MemorySwap": 536870912,
            "NanoCpus": 500000000,
            "PidsLimit": 128,
            "Ulimits": [
                {"Name": "nofile", "Soft": 65536, "Hard": 65536},
                {"Name": "core", "Soft": 0, "Hard": 0},
            ],
            "LogConfig": {
                "Type": "local",
                "Config": {"max-size": "10m", "max-file": "3", "mode": "blocking"},
            },
            "ReadonlyRootfs": False,
        },
        "NetworkingConfig": {
            "EndpointsConfig": {"n1": {"IPAMConfig": {"IPv4Address": "10.213.0.2"}}}
        },
    }


def test_container_body_without_command_keeps_the_image_s() -> None:
    """A Dockerfile's own command is run as it is."""
    assert "Cmd" not in container_body(dataclasses.replace(REQUEST, command=None))


def test_container_body_without_address_lets_the_engine_choose() -> None:
    """A one-time command needs no fixed address."""
    body = container_body(dataclasses.replace(REQUEST, address=None))
    assert body["NetworkingConfig"] == {"EndpointsConfig": {"n1": {}}}


def test_container_body_on_a_confined_machine_asks_for_what_it_has() -> None:
    """An app starts also where the machine may open few files."""
    ulimits = container_body(REQUEST, 20_000)["HostConfig"]["Ulimits"]
    assert ulimits[0] == {"Name": "nofile", "Soft": 20_000, "Hard": 20_000}


def test_request_shown_in_a_log_hides_the_variables() -> None:
    """My app's secrets don't reach the box's own log."""
    assert "env" not in repr(REQUEST)


def test_container_name_tells_app_and_deployment() -> None:
    """`docker ps` can be read."""
    assert container_name(REQUEST, "ff00aa") == "blog-01234567-ff00aa"
