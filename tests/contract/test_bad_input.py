"""Archives that can't be used, and requests that come at the wrong time: each says what is wrong."""

import gzip
import io
import tarfile

import pytest

from tests.box import Box, archive, multipart

pytestmark = pytest.mark.engine


def tar_of(*members: tarfile.TarInfo) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for member in members:
            tar.addfile(member, io.BytesIO(bytes(member.size)) if member.isreg() else None)
    return buffer.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = kind
    info.linkname = link
    return info


BAD_ARCHIVES = {
    "empty": b"",
    "not gzip": b"PK\x03\x04" + bytes(100),
    "gzip of no tar": gzip.compress(b"no tar at all" * 100),
    "truncated": archive({"index.html": "x" * 5000 + "y"})[:-20],
    "empty tar": tar_of(),
    "absolute path": tar_of(member("index.html"), member("/etc/passwd")),
    "path traversal": tar_of(member("index.html"), member("../../outside")),
    "symlink out": tar_of(member("index.html"), member("out", tarfile.SYMTYPE, "/etc/passwd")),
    "hard link out": tar_of(member("index.html"), member("out", tarfile.LNKTYPE, "../../key")),
    "device": tar_of(member("index.html"), member("null", tarfile.CHRTYPE)),
}


@pytest.mark.parametrize("kind", BAD_ARCHIVES)
def test_archive_that_can_not_be_used_is_refused_and_leaves_nothing(
    box: Box, project: str, kind: str
) -> None:
    """422 with what is wrong; no deployment, no file."""
    answer = box.upload(project, BAD_ARCHIVES[kind])
    assert answer.status == 422, answer.body
    assert answer.error["code"] == "archive_invalid"
    assert len(answer.error["message"]) > 10
    assert box.request("GET", f"/v1/projects/{project}/deployments").data == []
    for folder in ("uploads", "trees"):
        assert list((box.directory / folder).iterdir()) == [], folder


def test_errors_of_archives_are_told_apart(box: Box, project: str) -> None:
    """Each kind has its own words."""
    said = {kind: box.upload(project, data).error["message"] for kind, data in BAD_ARCHIVES.items()}
    assert len(set(said.values())) == len(said), said


def test_archive_of_nothing_that_can_be_built_says_what_was_looked_for(
    box: Box, project: str
) -> None:
    """The deployment fails with a reason and a hint in its log."""
    deployment = box.deploy(project, {"README": "nothing to run"})
    assert deployment["status"] == "failed"
    assert deployment["error"]
    assert deployment["error"] == deployment["error_message"]
    assert "[build]" in box.log_of(project, deployment["id"])


@pytest.mark.parametrize(
    ("verb", "suffix"),
    [("POST", "/deploy"), ("POST", "/redeploy"), ("GET", "/deployments"), ("GET", "/envs")],
)
def test_project_that_is_unknown_is_not_found(box: Box, verb: str, suffix: str) -> None:
    """404 before anything is read."""
    body, kind = multipart(b"\x1f\x8b") if suffix == "/deploy" else (None, "")
    headers = {"Content-Type": kind} if kind else {}
    answer = box.request(verb, f"/v1/projects/absent{suffix}", body, headers=headers)
    assert (answer.status, answer.error["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    "prefix", ["", "./", "app-1.0/"], ids=["command line", "MCP server", "release tarball"]
)
def test_archive_of_each_client_is_unpacked_alike(
    box: Box, project: str, slug: str, prefix: str
) -> None:
    """Entries without `./`, with it, or below one directory: the app is the same."""
    folders = [member(prefix, tarfile.DIRTYPE)] if prefix else []
    index = member(f"{prefix}index.html")
    content = b"<h1>packed</h1>"
    index.size = len(content)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", format=tarfile.PAX_FORMAT) as tar:
        for folder in folders:
            tar.addfile(folder)
        tar.addfile(index, io.BytesIO(content))
    assert box.deploy(project, buffer.getvalue())["status"] == "running"
    assert box.visit(slug).body == content
