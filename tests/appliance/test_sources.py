"""Apps that come from a registry and from Git, on a whole box with a real registry and a real server."""

import copy
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import docker
import pytest

from tests.box import Box
from tests.integration.engine import registry as registries
from tests.integration.engine.registry import Registry
from tests.machine import git_server
from tests.machine.git_server import GitServer

pytestmark = [pytest.mark.engine, pytest.mark.settings(private_sources="true")]


@pytest.fixture(scope="module")
def registry(
    tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int]
) -> Iterator[Registry]:
    """A registry that nobody knows by name."""
    with registries.running(tmp_path_factory.mktemp("registry"), free_port()) as registry:
        yield registry


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitServer]:
    """A Git server without repositories."""
    with git_server.running(tmp_path) as server:
        yield server


@pytest.fixture
def engine(docker_host: str) -> Iterator[docker.DockerClient]:
    """The engine, to look at what is left on it."""
    with closing(docker.DockerClient(base_url=docker_host)) as engine:
        yield engine


@pytest.fixture
def push(
    engine: docker.DockerClient, registry: Registry, app_files: dict[str, str]
) -> Iterator[Callable[[str], str]]:
    """Puts the test app into the registry as an image that tells its version; its reference."""
    made: list[str] = []

    def put(repository: str) -> str:
        files = {**app_files, "mark": secrets.token_hex(8)}
        reference = registry.push(engine, repository, files)
        made.append(reference)
        return reference

    yield put
    for reference in made:
        for image in engine.images.list(name=reference.rpartition(":")[0]):
            engine.images.remove(image.id, force=True)


def names(engine: docker.DockerClient, slug: str) -> list[str]:
    """Our names for images of a project."""
    return sorted(tag for image in engine.images.list(f"sotabox/{slug}") for tag in image.tags)


def deploy(box: Box, slug: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = box.request("POST", f"/v1/projects/{slug}/deploy", body)
    assert answer.status == 202, answer.body
    return box.settled(slug, answer.data["id"])


def test_private_image_is_pulled_pinned_rolled_back_to_and_let_go_of(
    box: Box, push: Callable[[str], str], registry: Registry, engine: docker.DockerClient
) -> None:
    """The whole life of an image that somebody else has built."""
    slug = f"img-{secrets.token_hex(3)}"
    first, second = push("private/app"), push("private/app")
    box.create(slug)
    refused = deploy(box, slug, {"image": first})
    assert refused["status"] == "failed"
    assert registry.address in refused["error"]
    credentials = {
        "host": registry.address,
        "username": registry.user,
        "password": registry.password,
    }
    assert box.request("POST", "/v1/registries", credentials).status == 201
    live = deploy(box, slug, {"image": first})
    assert live["status"] == "running", box.log_of(slug, live["id"])
    assert (live["source"], live["build_method"], live["framework"]) == ("image", "image", None)
    assert live["image_tag"] == f"sotabox/{slug}:{live['id'][:8]}"
    name, _, digest = live["image"]["digest"].partition("@")
    assert (name, digest[:7]) == (first.rpartition(":")[0], "sha256:")
    assert live["image_bytes"] > 1_000_000
    assert box.visit(slug).status == 200
    assert registry.password not in box.log_of(slug, live["id"])
    assert deploy(box, slug, {"image": second})["status"] == "running"
    back = box.again(slug, "rollback")
    assert (back["status"], back["source"]) == ("running", "rollback")
    assert back["image"] == live["image"]
    assert len(names(engine, slug)) == 2
    # Somebody else on this engine uses the same image by a name of their own.
    engine.images.get(live["image_tag"]).tag(first.rpartition(":")[0], "theirs")
    assert box.request("DELETE", f"/v1/projects/{slug}").status == 204
    assert names(engine, slug) == []
    assert engine.images.get(f"{first.rpartition(':')[0]}:theirs")


def eventually_removed(engine: docker.DockerClient, image_id: str) -> None:
    """Removes an image as soon as nothing uses it: its last container drains for a while."""
    deadline = time.monotonic() + 60
    while True:
        try:
            engine.images.remove(image_id, force=True)
            break
        except docker.errors.APIError as error:
            if error.status_code != 409 or time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def test_pulled_image_that_is_lost_is_pulled_again(
    box: Box, push: Callable[[str], str], registry: Registry, engine: docker.DockerClient
) -> None:
    """By its digest: neither a prune nor a newer image of the same name changes what is served."""
    reference = push("public/app")
    box.create("again")
    live = deploy(box, "again", {"image": reference})
    assert live["status"] == "running", box.log_of("again", live["id"])
    other = push("public/other")
    engine.images.pull(other).tag(reference)
    for line in engine.images.push(
        reference, auth_config=registry.sdk_auth, stream=True, decode=True
    ):
        assert "error" not in line, line
    assert box.request("POST", "/v1/projects/again/pause").status == 200
    lost = engine.images.get(live["image_tag"])
    eventually_removed(engine, lost.id)
    back = box.again("again", "resume")
    log = box.log_of("again", back["id"])
    assert back["status"] == "running", log
    assert "Docker has lost the image of this release: pulling it again" in log
    assert (back["image"], back["image_tag"]) == (live["image"], live["image_tag"])
    assert box.visit("again").status == 200
    assert box.request("DELETE", "/v1/projects/again").status == 204


def test_base_image_of_a_build_may_be_private(
    box: Box, push: Callable[[str], str], registry: Registry
) -> None:
    """A Dockerfile may start from an image that only its owner's credentials open."""
    base = push("private/base")
    credentials = {
        "host": registry.address,
        "username": registry.user,
        "password": registry.password,
    }
    assert box.request("POST", "/v1/registries", credentials).status == 201
    box.create("onbase")
    live = box.deploy("onbase", {"Dockerfile": f"FROM {base}\nEXPOSE 8080\n"})
    assert live["status"] == "running", box.log_of("onbase", live["id"])


def somebody_else(box: Box) -> Box:
    """The same box, as another member of it asks."""
    email = f"{secrets.token_hex(4)}@box.test"
    box.command("user", "invite", email)
    theirs = copy.copy(box)
    theirs.key = box.command("apikey", "create", "--name", "test", "--user", email).strip()
    return theirs


def test_private_image_on_the_engine_is_not_everybody_s_to_build_on(
    box: Box, push: Callable[[str], str], registry: Registry
) -> None:
    """Who names an image that others' credentials have brought must be able to get it, too."""
    private, public = push("private/base"), push("public/base")
    credentials = {
        "host": registry.address,
        "username": registry.user,
        "password": registry.password,
    }
    assert box.request("POST", "/v1/registries", credentials).status == 201
    box.create("owner")
    uses = f"FROM {private}\nCOPY --from={public} /etc/hostname /\nEXPOSE 8080\n"
    assert box.deploy("owner", {"Dockerfile": uses})["status"] == "running"
    box.create("image")
    image = deploy(box, "image", {"image": private})
    assert image["status"] == "running"

    theirs = somebody_else(box)
    theirs.create("other")
    base = f"FROM {public}\n"
    for dockerfile, said in {
        f"FROM {private}\n": "somebody else's credentials",
        f"ARG A={private}\nFROM $A\n": "somebody else's credentials",
        f"{base}COPY --from={private} / /stolen\n": "somebody else's credentials",
        f"{base}RUN --mount=from={private},target=/s ls /s\n": "somebody else's credentials",
        f"ARG A=x{private}\nFROM ${{A#x}}\n": "can't be read before the build",
        f"FROM {image['image_tag']}\n": "of another project",
    }.items():
        refused = theirs.deploy("other", {"Dockerfile": dockerfile})
        assert refused["status"] == "failed", dockerfile
        assert said in refused["error"], (dockerfile, refused["error"])
    told = theirs.deploy("other", {"Dockerfile": f"{base}ONBUILD COPY --from={private} / /s\n"})
    assert told["status"] == "running", "it is public so far, but for what it tells others"
    refused = theirs.deploy("other", {"Dockerfile": f"FROM {told['image_tag']}\n"})
    assert "somebody else's credentials" in str(refused["error"])

    assert theirs.request("POST", "/v1/registries", credentials).status == 201
    assert theirs.deploy("other", {"Dockerfile": uses})["status"] == "running"
    assert box.request("DELETE", "/v1/projects/image").status == 204


def test_commit_is_fetched_built_and_rebuilt_without_its_repository(
    box: Box, server: GitServer, app_files: dict[str, str]
) -> None:
    """A private repository's directory at a tag; afterwards neither token nor server is needed."""
    commit = server.commit("team/app", {f"web/{k}": v for k, v in app_files.items()}, "Say hello")
    server.git("team/app", "tag", "v1")
    server.commit("team/app", {"web/Dockerfile": "FROM nothing-that-is"}, "Break it")
    body = {"git": server.url("team/app"), "ref": "v1", "directory": "web", "token": server.token}
    box.create("fromgit")
    live = deploy(box, "fromgit", body)
    log = box.log_of("fromgit", live["id"])
    assert live["status"] == "running", log
    assert live["source"] == "git"
    assert live["commit"]["id"] == commit
    assert (live["commit"]["message"], live["commit"]["author"]) == ("Say hello", "Ada")
    assert f"[build] Fetched {commit[:12]} by Ada: Say hello" in log
    assert server.token not in log + box.log_text()
    assert live["duration_ms"]["fetch"] > 0
    assert box.visit("fromgit").status == 200
    asked = len(server.asked)
    again = box.again("fromgit")
    assert again["status"] == "running"
    assert again["commit"]["id"] == commit
    assert len(server.asked) == asked


def test_fetch_that_a_crash_cut_off_begins_anew(
    box: Box, server: GitServer, app_files: dict[str, str]
) -> None:
    """Kill -9 in the middle of a fetch: the next start fetches, with the token that it kept."""
    server.commit("team/app", {**app_files, "blob": secrets.token_bytes(20_000_000)})
    box.create("cut")
    body = {"git": server.url("team/app"), "token": server.token}
    id_ = box.request("POST", "/v1/projects/cut/deploy", body).data["id"]
    for line in box.stream("cut", id_):
        if "Fetching" in line:
            break
    box.kill()
    box.start()
    live = box.settled("cut", id_)
    assert live["status"] == "running", box.log_of("cut", id_)
    assert box.log_of("cut", id_).count("[build] Fetching") == 2
    assert not [path for path in (box.directory / "trees").iterdir() if path.suffix == ".git"]


@pytest.mark.settings(private_sources="false")
def test_sources_inside_the_network_are_refused(
    box: Box, server: GitServer, registry: Registry
) -> None:
    """A box that the world may deploy to is no way into the network around it."""
    box.create("inside")
    for body in (
        {"image": f"{registry.address}/public/app"},
        {"git": server.url("public/app").replace("http:", "https:")},
        {"git": f"https://localhost:{server.port}/public/app"},
    ):
        answer = box.request("POST", "/v1/projects/inside/deploy", body)
        assert answer.status == 422, answer.body
        assert "the box itself" in answer.error["message"]
    assert server.asked == []
