"""The build context."""

import io
import os
import tarfile
from pathlib import Path

import pytest

from sotabox.builds.context import Context, files_context, plan_context
from sotabox.builds.plan import BuildMethod, BuildPlan
from sotabox.errors import Internal, Invalid

AUTO = BuildPlan(build_method=BuildMethod.AUTO)
OWN = BuildPlan(build_method=BuildMethod.DOCKERFILE, dockerfile="Dockerfile")


def make(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return root


def unpack(context: Context) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(b"".join(context))) as tar:
        return {member.name: member for member in tar}


def names(context: Context) -> set[str]:
    return {n for n, member in unpack(context).items() if not member.isdir()}


def test_context_begins_with_the_dockerfile(tmp_path: Path) -> None:
    """The engine knows the body for a tar by its first header."""
    context = plan_context(make(tmp_path, "a" * 90, "b/" + "c" * 120), AUTO, "FROM x\n")
    first = next(iter(unpack(context).values()))
    assert (first.name, first.mtime, first.uid, first.gid, first.mode) == (
        "Dockerfile",
        0,
        0,
        0,
        0o644,
    )
    assert b"".join(context)[257:263] == b"ustar "  # a plain header, no extension before it
    assert names(context) == {"Dockerfile", "source/" + "a" * 90, "source/b/" + "c" * 120}


def test_context_leaves_out_what_no_build_gets(tmp_path: Path) -> None:
    """Secrets of a laptop and what a build makes itself stay out of our builds."""
    make(tmp_path, "app.py", ".env", ".env.local", "d/.env", "node_modules/x", "d/node_modules/y",
         ".git/config", ".venv/x"  )  # fmt: skip
    assert names(plan_context(tmp_path, AUTO, "x")) == {
        "Dockerfile", "source/app.py",
    }  # fmt: skip


def test_context_of_an_own_dockerfile_is_the_tree(tmp_path: Path) -> None:
    """Whoever brings a Dockerfile gets the directory, without .git and node_modules."""
    make(tmp_path, "Dockerfile", "a", ".env", "node_modules/x", ".git/config")
    context = plan_context(tmp_path, OWN)
    assert next(iter(unpack(context))) == "Dockerfile"
    assert names(context) == {"Dockerfile", "a", ".env"}
    assert context.dockerfile == "Dockerfile"


def test_context_own_dockerfile_is_sent_even_if_ignored(tmp_path: Path) -> None:
    """`*` in .dockerignore doesn't hide the Dockerfile from the engine."""
    make(tmp_path, "docker/Dockerfile", "a", "b")
    (tmp_path / ".dockerignore").write_text("*\n!b\n")
    plan = BuildPlan(build_method=BuildMethod.DOCKERFILE, dockerfile="docker/Dockerfile")
    context = plan_context(tmp_path, plan)
    assert (context.dockerfile, names(context)) == ("docker/Dockerfile", {"docker/Dockerfile", "b"})
    (tmp_path / "docker/Dockerfile.dockerignore").write_text("b")
    assert "b" not in names(plan_context(tmp_path, plan))


def test_context_takes_back_from_an_ignored_directory(tmp_path: Path) -> None:
    """`dist` and `!dist/keep`: the directory is looked into."""
    make(tmp_path, "dist/keep", "dist/drop", "x")
    (tmp_path / ".dockerignore").write_text("dist\n!dist/keep\n.dockerignore")
    assert names(plan_context(tmp_path, AUTO, "")) == {"Dockerfile", "source/dist/keep", "source/x"}


def test_context_entries_are_normalised(tmp_path: Path) -> None:
    """Owners and odd modes of the box's disk don't matter; links stay links; times are kept."""
    make(tmp_path, "run", "data")
    (tmp_path / "run").chmod(0o4750)
    (tmp_path / "link").symlink_to("data")
    (tmp_path / "empty").mkdir()
    os.utime(tmp_path / "data", (1_700_000_000.5, 1_700_000_000.5))
    found = unpack(plan_context(tmp_path, AUTO, ""))
    assert (found["source/run"].mode, found["source/data"].mode) == (0o755, 0o644)
    assert found["source/data"].mtime == 1_700_000_000
    assert (found["source/link"].issym(), found["source/link"].linkname) == (True, "data")
    assert found["source/empty"].isdir()
    assert {(m.uid, m.gid, m.uname, m.gname) for m in found.values()} == {(0, 0, "", "")}


def test_context_is_the_apps_directory(tmp_path: Path) -> None:
    """Of a monorepo only what the plan says is sent."""
    make(tmp_path, "apps/web/a", "apps/api/b")
    plan = BuildPlan(build_method=BuildMethod.AUTO, context_root="apps/web")
    assert names(plan_context(tmp_path, plan, "")) == {"Dockerfile", "source/a"}


def test_context_large_file_comes_in_chunks(tmp_path: Path) -> None:
    """A large tree is never whole in memory."""
    (tmp_path / "big").write_bytes(bytes(3_000_000))
    context = plan_context(tmp_path, AUTO, "x")
    chunks = list(context)
    assert max(map(len, chunks)) < 1_200_000
    assert context.size_bytes == 3_000_001
    assert sum(map(len, chunks)) % 512 == 0


async def test_context_streams_the_same_bytes(tmp_path: Path) -> None:
    """The loop is free while files are read."""
    context = plan_context(make(tmp_path, "a", "b/c"), AUTO, "x")
    assert b"".join([chunk async for chunk in context.stream()]) == b"".join(context)


def test_context_file_that_shrinks_is_noticed(tmp_path: Path) -> None:
    """A half-sent build never looks like a whole one."""
    context = plan_context(make(tmp_path, "a"), AUTO, "x")
    (tmp_path / "a").write_text("")
    with pytest.raises(Internal, match="changed while"):
        list(context)


def test_context_dockerfile_with_a_long_path_is_refused(tmp_path: Path) -> None:
    """What the engine would misread is said before."""
    name = "d" * 95 + "/Dockerfile"
    make(tmp_path, name)
    with pytest.raises(Invalid, match="100 bytes"):
        plan_context(tmp_path, BuildPlan(build_method=BuildMethod.DOCKERFILE, dockerfile=name))


def test_files_context_takes_bytes_and_files(tmp_path: Path) -> None:
    """A helper image's context: texts of ours and a program from the box."""
    make(tmp_path, "tool")
    found = unpack(files_context("FROM scratch\n", {"tool": tmp_path / "tool", "text": b"t"}))
    assert list(found) == ["Dockerfile", "text", "tool"]
    assert found["tool"].mode == 0o755
