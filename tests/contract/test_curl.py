"""curl, as the documentation shows it."""

import subprocess
from pathlib import Path

import pytest

from tests.box import Box

pytestmark = pytest.mark.engine


def curl(*arguments: str) -> tuple[int, str]:
    """The status and the body of what curl was told to do."""
    command = ["curl", "-sS", "-m", "60", "-w", "\n%{http_code}", *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    body, _, status = done.stdout.rpartition("\n")
    return int(status), body


@pytest.fixture
def auth(box: Box) -> list[str]:
    return ["-H", f"Authorization: Bearer {box.key}"]


@pytest.fixture
def url(box: Box, project: str) -> str:
    return f"http://127.0.0.1:{box.api_port}/v1/projects/{project}"


@pytest.mark.parametrize(
    "extra", [[], ["-H", "Transfer-Encoding: chunked"], ["-H", "Expect: 100-continue"]]
)
def test_deploy_of_a_file(
    box: Box,
    auth: list[str],
    url: str,
    slug: str,
    site_archive: bytes,
    tmp_path: Path,
    extra: list[str],
) -> None:
    """`curl -F archive=@app.tar.gz`, with a length, in chunks, and asking first."""
    file = tmp_path / "app.tar.gz"
    file.write_bytes(site_archive)
    status, body = curl(*auth, *extra, "-F", f"archive=@{file}", f"{url}/deploy")
    assert status == 202, body
    (latest,) = box.request("GET", f"/v1/projects/{slug}/deployments").data
    assert box.settled(slug, latest["id"])["status"] == "running"


def test_stream_ends_by_itself(box: Box, auth: list[str], live: tuple[str, str]) -> None:
    """`curl -N …/logs/stream` prints a finished log and returns."""
    project, deployment = live
    address = f"http://127.0.0.1:{box.api_port}/v1/projects/{project}/deployments/{deployment}"
    status, body = curl(*auth, "-N", f"{address}/logs/stream")
    assert status == 200
    assert body.startswith("retry: 2000\n\nid: 0\ndata: [build] ")
    assert body.endswith("event: end\ndata:running\n\n")


def test_json_without_its_content_type_gets_a_hint(auth: list[str], url: str) -> None:
    """`curl -d '{…}'` says that it is a form."""
    status, body = curl(*auth, "-d", '{"key":"A","value":"1"}', f"{url}/envs")
    assert status == 415
    assert "Content-Type: application/json" in body


def test_upload_too_large_is_seen_as_413(
    box: Box, auth: list[str], url: str, tmp_path: Path
) -> None:
    """A file over the limit: curl shows the answer, with and without asking first."""
    file = tmp_path / "large.tar.gz"
    with file.open("wb") as sparse:
        sparse.truncate(60_000_000)
    for extra in ([], ["-H", "Expect:"], ["-H", "Transfer-Encoding: chunked", "-H", "Expect:"]):
        status, body = curl(*auth, *extra, "-F", f"archive=@{file}", f"{url}/deploy")
        assert status == 413, extra
        assert "payload_too_large" in body
    assert list((box.directory / "uploads").iterdir()) == []
