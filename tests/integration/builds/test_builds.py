"""Plans, built by the real engine."""

import os
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import docker
import httpx
import pytest
from docker.models.containers import Container

from sotabox.builds.plan import (
    BUILD,
    DEPENDENCIES,
    SOURCE,
    Bind,
    BuildMethod,
    BuildPlan,
    Cache,
    Carry,
    Static,
    Step,
    Toolchain,
)
from sotabox.engine.diagnosis import BuildFailed
from tests.integration.builds.conftest import Builder

pytestmark = pytest.mark.engine

Run = Callable[..., Container]


@pytest.fixture
def client(docker_host: str) -> Iterator[docker.DockerClient]:
    client = docker.DockerClient(base_url=docker_host, timeout=60)
    yield client
    client.close()


@pytest.fixture
def run(client: docker.DockerClient, instance_id: str) -> Iterator[Run]:
    """Runs an image hardened as the box does; the container goes with the test."""
    made = []

    def start(image: str, **options: object) -> Container:
        container = client.containers.run(
            image,
            detach=True,
            labels={"sotabox.instance": instance_id},
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
            mem_limit="128m",
            **options,
        )
        made.append(container)
        return container

    yield start
    for container in made:
        container.remove(force=True)


def first_answer(url: str) -> httpx.Response:
    """What an app says as soon as it says something: the engine's proxy listens before it does."""
    deadline = time.monotonic() + 30
    while True:
        try:
            return httpx.get(url)
        except httpx.TransportError:
            assert time.monotonic() < deadline, f"{url} never answered"


def output(container: Container) -> str:
    assert container.wait(timeout=30)["StatusCode"] == 0, container.logs()
    return str(container.logs().decode())


async def test_build_of_a_site_serves_its_files(
    builder: Builder, run: Run, tmp_path: Path, free_port: Callable[[], int]
) -> None:
    """A folder with an index.html is a site: no registry, no root, a read-only disk."""
    (tmp_path / "public").mkdir()
    (tmp_path / "public" / "index.html").write_text("hello from a folder")
    image = await builder.build(tmp_path)
    port = free_port()
    container = run(image, ports={"8080/tcp": ("127.0.0.1", port)}, read_only=True)
    answer = first_answer(f"http://127.0.0.1:{port}/")
    assert answer.text == "hello from a folder"
    assert answer.headers["etag"]
    container.stop(timeout=10)
    assert output(container) == ""


async def test_build_ignores_times_and_sees_content(builder: Builder, tmp_path: Path) -> None:
    """An upload that changes nothing builds nothing; a change is always seen."""
    page = tmp_path / "index.html"
    page.write_text("one")
    first = await builder.build(tmp_path)
    os.utime(page, (1_600_000_000, 1_600_000_000))
    assert await builder.build(tmp_path) == first
    page.write_text(secrets.token_hex())
    assert await builder.build(tmp_path) != first


def interpreted(base: str) -> BuildPlan:
    """An app with dependencies outside its directory, and a build."""
    cache = Cache("tool", "/root/.cache/tool")
    return BuildPlan(
        build_method=BuildMethod.AUTO,
        language="python",
        toolchain=Toolchain(
            name="python",
            image=base,
            files=("deps.txt",),
            install=(
                Step(
                    'echo "installing $((40+2)) [${PIP_X:-}${SECRET_X:-}]"; '
                    "mkdir -p /opt/deps && cp deps.txt /opt/deps && date > /root/.cache/tool/x",
                    (cache,),
                ),
            ),
            env_prefixes=("PIP_",),
            build=(
                Step(
                    'echo "building $((40+3)) [${PIP_X:-}${SECRET_X:-}]"; '
                    "ls /deps && echo thrown-away > /deps/y && cp source.txt built.txt",
                    binds=(Bind(DEPENDENCIES, "/opt/deps", "/deps"),),
                ),
            ),
            fresh=True,
        ),
        run_image=base,
        run_env={"PATH": "/opt/deps/bin:$PATH", "ODD": "a $b \"c\" 'd' \\e"},
        carries=(Carry(DEPENDENCIES, "/opt/deps", "/opt/deps"), Carry(BUILD, "/app", "/app")),
        writable=("/data",),
        start='id -u; printf "%s\\n" "$HOME $PORT $HOST $PATH $ODD"; ls /app /opt/deps /root/.cache 2>/dev/null; '
        "touch /app/x /data/x $HOME/x && pwd",
    )


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """An app that no build before has seen: the engine's cache outlives the suite."""
    (tmp_path / "deps.txt").write_text(secrets.token_hex())
    (tmp_path / "source.txt").write_text(secrets.token_hex())
    (tmp_path / ".env").write_text("LAPTOP=1")
    return tmp_path


async def test_build_of_an_app_runs_as_nobody_special(
    builder: Builder, run: Run, app: Path, python_base: str
) -> None:
    """The app owns its directory and HOME, sees PORT, and holds no cache and no build tool's traces."""
    image = await builder.build(app, plan=interpreted(python_base))
    lines = output(run(image)).splitlines()
    assert lines[0] == "10001"
    assert lines[1].startswith("/home/app 8080 0.0.0.0 /opt/deps/bin:/usr")
    assert lines[1].endswith("a $b \"c\" 'd' \\e")
    assert lines[2:-1] == [
        "/app:", "built.txt", "deps.txt", "source.txt", "", "/opt/deps:", "deps.txt",
    ]  # fmt: skip
    assert lines[-1] == "/app"


async def test_build_change_of_source_reinstalls_nothing(
    builder: Builder, app: Path, python_base: str
) -> None:
    """One changed line costs one build step."""
    plan = interpreted(python_base)
    await builder.build(app, plan=plan)
    assert builder.ran("installing 42")
    (app / "source.txt").write_text(secrets.token_hex())
    await builder.build(app, plan=plan)
    assert not builder.ran("installing 42")
    assert builder.ran("building 43")
    (app / "deps.txt").write_text(secrets.token_hex())
    await builder.build(app, plan=plan)
    assert builder.ran("installing 42")


async def test_build_secrets_are_seen_by_their_step_only(
    builder: Builder, app: Path, python_base: str, client: docker.DockerClient
) -> None:
    """Variables reach the build, not the image; a changed one builds again, and only that."""
    plan = interpreted(python_base)
    env = {"SECRET_X": "s3cr3t'$x", "PIP_X": "pip-value"}
    id_ = await builder.build(app, plan=plan, env=env)
    assert builder.ran("installing 42 [pip-value]")
    assert builder.ran("building 43 [pip-values3cr3t'$x]")
    image = client.images.get(id_)
    stored = str(image.attrs) + str(image.history())
    stored += b"".join(image.save()).decode("latin-1")
    assert "s3cr3t" not in stored
    assert "pip-value" not in stored
    await builder.build(app, plan=plan, env=env | {"SECRET_X": "other"})
    assert builder.ran("building 43 [pip-valueother]")
    assert not builder.ran("installing 42")


async def test_build_with_an_own_dockerfile_mounts_variables_by_name(
    builder: Builder, run: Run, tmp_path: Path, python_base: str
) -> None:
    """Whoever writes a Dockerfile uses any project variable as a secret."""
    (tmp_path / "Dockerfile").write_text(
        f"FROM {python_base}\nCOPY . /x\n"
        "RUN --mount=type=secret,id=TOKEN wc -c < /run/secrets/TOKEN > /len\nCMD cat /len; ls -A /x\n"
    )
    (tmp_path / "a").write_text("")
    (tmp_path / "b.log").write_text("")
    (tmp_path / ".dockerignore").write_text("*.log\n.dockerignore\n")
    image = await builder.build(tmp_path, env={"TOKEN": "12345"})
    assert output(run(image)).split() == ["5", "Dockerfile", "a"]


async def test_build_that_makes_no_site_names_what_it_made(
    builder: Builder, tmp_path: Path, python_base: str
) -> None:
    """A wrong output folder is answered with the right one."""
    (tmp_path / "a").write_text(secrets.token_hex())
    plan = BuildPlan(
        build_method=BuildMethod.AUTO,
        language="node",
        toolchain=Toolchain(
            name="node", image=python_base, build=(Step("mkdir out && touch out/index.html"),)
        ),
        static=Static(root="dist", built=True),
        carries=(Carry(SOURCE, ".", "/app"),),
    )
    with pytest.raises(BuildFailed):
        await builder.build(tmp_path, plan=plan)
    assert builder.ran("the build made no dist/index.html")
    assert builder.ran("./out")
