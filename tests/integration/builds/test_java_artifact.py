"""The step that finds a JVM app's jar, run by a real JDK on what builds leave."""

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import docker
import pytest

from sotabox.builds.languages.java.artifact import choose_artifact
from sotabox.builds.languages.java.tool import read_tool
from sotabox.builds.source import MemoryTree
from sotabox.engine.labels import INSTANCE

pytestmark = pytest.mark.engine

_MAIN = 'class Main { public static void main(String[] a) { System.out.println(System.getenv("WHO")); } }'
#: Jars by name: whether they say what to start, and how much they weigh beyond that.
_JARS = {
    "target/shop-1.0.jar": (False, 0),
    "target/original-shop-1.0.jar": (True, 5000),
    "target/shop-1.0-sources.jar": (True, 9000),
    "target/shop-1.0-all.jar": (True, 2000),
    "target/lib/tool.jar": (True, 0),
}


@dataclass
class Jdk:
    """A container with a JDK, in which `/app` is a build's directory."""

    container: Any

    def run(self, script: str) -> tuple[int, str]:
        code, output = self.container.exec_run(["/bin/sh", "-ec", script], workdir="/app")
        return code, output.decode()

    def leave(self, jars: Mapping[str, tuple[bool, int]]) -> None:
        """Makes what a build would have left."""
        lines = [
            f"cat > /tmp/Main.java <<'END'\n{_MAIN}\nEND",
            "javac -d /tmp/classes /tmp/Main.java",
        ]
        for path, (starts, weight) in jars.items():
            entry = "--main-class Main" if starts else ""
            lines.append(
                f"mkdir -p $(dirname {path}) /tmp/w && head -c {weight} /dev/urandom > /tmp/w/weight "
                f"&& jar --create --file {path} {entry} -C /tmp/classes . -C /tmp/w weight"
            )
        code, output = self.run("\n".join(lines))
        assert code == 0, output


@pytest.fixture
def jdk(docker_host: str, instance_id: str, base_image: Callable[[str], str]) -> Iterator[Jdk]:
    with closing(docker.DockerClient(base_url=docker_host, timeout=60)) as engine:
        container = engine.containers.run(
            base_image("java"),
            ["sleep", "120"],
            detach=True,
            labels={INSTANCE: instance_id},
            name=f"jdk-{secrets.token_hex(4)}",
            working_dir="/app",
            network_mode="none",
        )
        try:
            yield Jdk(container)
        finally:
            container.remove(force=True)


def _collect() -> str:
    return choose_artifact(read_tool(MemoryTree({"pom.xml": ""}))).collect


def test_jar_that_can_be_started_is_found_among_the_others(jdk: Jdk) -> None:
    """Of a thin jar, a shaded one, its original, its sources and a tool, the shaded one runs."""
    jdk.leave(_JARS)
    code, output = jdk.run(_collect())
    assert code == 0, output
    code, output = jdk.run(
        "cmp target/shop-1.0-all.jar /out/app.jar && WHO=me java -jar /out/app.jar"
    )
    assert (code, output) == (0, "me\n")


def test_jars_that_can_not_be_started_fail_the_build_and_are_named(jdk: Jdk) -> None:
    """A library's build says what it left."""
    jdk.leave({"target/library-1.0.jar": (False, 0)})
    code, output = jdk.run(_collect())
    assert code == 1
    assert "no jar with a Main-Class" in output
    assert "target/library-1.0.jar" in output
