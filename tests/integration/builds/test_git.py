"""Commits fetched from a real Git server, with a real `git`."""

import asyncio
import os
import shutil
import tarfile
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from sotabox.builds.git import GitFetch, GitLimits
from sotabox.builds.git_diagnosis import GitFailed
from sotabox.model.origin import Commit, GitOrigin
from tests.machine import git_server
from tests.machine.git_server import GitServer

LIMITS = GitLimits(timeout_s=30, max_bytes=20_000_000)
Fetch = Callable[..., GitFetch]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitServer]:
    """A server with one public repository, of which `main` has two commits."""
    root = tmp_path / "served"
    root.mkdir()
    with git_server.running(root) as server:
        server.commit("public/app", {"index.html": "one", "apps/web/page.html": "web"}, "First")
        server.git("public/app", "tag", "v1")
        server.commit("public/app", {"index.html": "two"}, "Second\n\nand more")
        yield server


@pytest.fixture
def fetch(tmp_path: Path, server: GitServer) -> Fetch:
    """Makes a fetch of the public repository, into a fresh folder."""

    def make(
        name: str = "public/app",
        *,
        ref: str | None = None,
        directory: str | None = None,
        token: str | None = None,
        limits: GitLimits = LIMITS,
    ) -> GitFetch:
        origin = GitOrigin(url=server.url(name), ref=ref, directory=directory)
        return GitFetch(tmp_path / "fetch", origin, token, [IPv4Address("127.0.0.1")], limits)

    return make


def files(archive: Path) -> dict[str, str]:
    with tarfile.open(archive) as tar:
        read = {m.name: tar.extractfile(m) for m in tar if m.isfile()}
        return {name: file.read().decode() for name, file in read.items() if file}


async def test_default_branch_is_fetched_with_its_facts(fetch: Fetch, server: GitServer) -> None:
    """Without a ref: the newest commit of the default branch, and who wrote it when."""
    commit, archive = await fetch().run()
    assert files(archive) == {"index.html": "two", "apps/web/page.html": "web"}
    id_ = server.git("public/app", "rev-parse", "HEAD").strip()
    assert commit == Commit(
        id=id_, message="Second", author="Ada", committed_at=commit.committed_at
    )
    assert commit.committed_at.startswith("20")


async def test_tag_branch_and_commit_are_fetched(fetch: Fetch, server: GitServer) -> None:
    """A person names what they mean in any of the three ways; annotated tags, too."""
    first = server.git("public/app", "rev-parse", "v1").strip()
    server.git("public/app", "branch", "old", first)
    server.git("public/app", "tag", "--annotate", "--message=x", "v1-noted", first)
    for ref in ("v1", "old", first, "refs/heads/old", "v1-noted"):
        commit, archive = await fetch(ref=ref).run()
        assert commit.id == first, ref
        assert files(archive)["index.html"] == "one"
        await asyncio.to_thread(shutil.rmtree, archive.parent)


async def test_directory_becomes_the_root(fetch: Fetch) -> None:
    """Of a monorepo, only the app is built."""
    _, archive = await fetch(directory="apps/web").run()
    assert files(archive) == {"page.html": "web"}


async def test_private_repository_opens_for_its_token_only(
    fetch: Fetch, server: GitServer, tmp_path: Path
) -> None:
    """The token lets in, is seen in no argument, and is written nowhere."""
    server.commit("private/app", {"index.html": "secret"})
    _, archive = await fetch("private/app", token=server.token).run()
    assert files(archive) == {"index.html": "secret"}
    for where, _, names in os.walk(tmp_path / "fetch"):
        for name in names:
            assert server.token.encode() not in (Path(where) / name).read_bytes()


@pytest.mark.parametrize("token", [None, "wrong"])
async def test_private_repository_without_its_token_says_so(
    fetch: Fetch, server: GitServer, token: str | None
) -> None:
    """Nobody is asked for a password on a terminal; the wrong token is not repeated."""
    server.commit("private/app", {"index.html": "secret"})
    with pytest.raises(GitFailed, match="does not let us in") as failed:
        await fetch("private/app", token=token).run()
    assert "wrong" not in failed.value.reason


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"ref": "nope"}, "no branch or tag 'nope'"),
        ({"ref": "0" * 40}, "no commit"),
        ({"directory": "apps/api"}, "no directory 'apps/api'"),
        ({"directory": "index.html"}, "no directory 'index.html'"),
        ({"name": "public/none"}, "no repository at this address"),
        ({"name": "moved/app"}, "elsewhere"),
    ],
)
async def test_what_is_not_there_is_told(
    fetch: Fetch, arguments: dict[str, str], words: str
) -> None:
    """Each way to be wrong has its own words; a redirect is never followed."""
    with pytest.raises(GitFailed, match=words):
        await fetch(**arguments).run()


async def test_large_repository_is_cut_off(fetch: Fetch, server: GitServer) -> None:
    """A repository can't fill the disk of the box."""
    server.commit("public/large", {"blob": os.urandom(5_000_000)})
    limits = GitLimits(timeout_s=30, max_bytes=1_000_000)
    with pytest.raises(GitFailed, match="larger than 1,000,000 bytes"):
        await fetch("public/large", limits=limits).run()


async def test_slow_server_is_given_up(fetch: Fetch) -> None:
    """A fetch ends in its time, and no process is left."""
    limits = GitLimits(timeout_s=0.001, max_bytes=1_000_000)
    with pytest.raises(GitFailed, match=r"not fetched within 0\.001 s"):
        await fetch(limits=limits).run()


async def test_hostile_repository_runs_nothing(
    fetch: Fetch, server: GitServer, tmp_path: Path
) -> None:
    """Attributes, filters, submodules and hooks of a repository are files, and nothing more."""
    mark = tmp_path / "ran"
    server.commit(
        "public/bad",
        {
            ".gitattributes": "* filter=evil export-subst\nhidden export-ignore\n",
            ".gitmodules": f'[submodule "x"]\n path = x\n url = ext::sh -c "touch {mark}"\n',
            ".git-hooks/post-checkout": f"#!/bin/sh\ntouch {mark}\n",
            "hidden": "here",
            "version": "$Format:%H$",
        },
    )
    _, archive = await fetch("public/bad").run()
    found = files(archive)
    assert (found["hidden"], found["version"]) == ("here", "$Format:%H$")
    assert not mark.exists()
