"""What may be in an archive."""

import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sotabox.builds.archive import ArchiveChecker, ArchiveLimits, Entry, Kind, Member
from sotabox.errors import ArchiveInvalid

LIMITS = ArchiveLimits(files_max=100, unpacked_max_bytes=10_000)


def file(name: str, size_bytes: int = 1, mode: int = 0o644) -> Entry:
    return Entry(name, Kind.FILE, size_bytes, mode)


def link(name: str, target: str) -> Entry:
    return Entry(name, Kind.SYMLINK, link=target)


def hard(name: str, target: str) -> Entry:
    return Entry(name, Kind.HARDLINK, link=target)


def check(*entries: Entry, limits: ArchiveLimits = LIMITS) -> list[Member]:
    checker = ArchiveChecker(limits)
    members = [checker.check(entry) for entry in entries]
    checker.finish()
    return [member for member in members if member is not None]


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([file("/etc/passwd")], "absolute path"),
        ([file("../x")], "points out of the archive"),
        ([file("a/../../x")], "points out of the archive"),
        ([file("a/../b")], "points out of the archive"),
        ([file("a\nb")], "control characters"),
        ([file("a\0b")], "control characters"),
        ([file("caf\udce9")], "not UTF-8"),
        ([file("x" * 256)], "more than 255 bytes"),
        ([file("é" * 128)], "more than 255 bytes"),
        ([file("x/" * 600)], "1024"),
        ([Entry("tty", Kind.DEVICE)], "is a device"),
        ([Entry("pipe", Kind.FIFO)], "is a named pipe"),
        ([Entry("odd", Kind.OTHER)], "is a special file"),
        ([link("a", "/etc")], "links out of the archive"),
        ([link("a", "../x")], "links out of the archive"),
        ([link("d/a", "../../x")], "links out of the archive"),
        ([link("a", "")], "no path"),
        ([link("a", "b\nc")], "no path"),
        ([link("x/up", ".."), link("out", "x/up/..")], "links out of the archive"),
        ([link("one", "two"), link("two", "one/..")], "in a circle"),
        ([link("out", "in/../../x"), link("in", "d/e")], None),
        ([link("out", "in/../../../x"), link("in", "d/e")], "links out of the archive"),
        ([link("a", "b"), file("a/x")], "lies below 'a', which is a symbolic link"),
        ([file("a"), file("a/x")], "lies below 'a', which is a file"),
        ([file("a/x"), file("a")], "twice"),
        ([file("a/x"), link("a", "b")], "twice"),
        ([file("a"), link("a", "b")], "twice"),
        ([link("a", "b"), file("a")], "twice"),
        ([link("a", "b"), link("a", "c")], "twice"),
        ([hard("b", "a")], "no earlier file"),
        ([link("a", "x"), hard("b", "a")], "no earlier file"),
        ([hard("b", "/etc/shadow")], "absolute path"),
        ([hard("b", "../a"), file("a")], "points out of the archive"),
        ([file("a", -1)], "negative"),
        ([file("a", 10_001)], "unpacks to more than"),
        ([file("a", 5_001), hard("b", "a")], "unpacks to more than"),
        ([file(f"f{n}") for n in range(101)], "more than 100 entries"),
        ([], "is empty"),
        ([Entry("./", Kind.DIRECTORY)], "is empty"),
        ([Entry("a/", Kind.DIRECTORY)], "is empty"),
        ([file(".git/config")], "is empty"),
        ([file("node_modules/../../x")], "points out of the archive"),
    ],
)
def test_archive_hostile_entry_is_refused(entries: list[Entry], message: str | None) -> None:
    """Nothing of an archive can reach out of its directory, and the entry is named."""
    if message is None:
        check(*entries)
        return
    with pytest.raises(ArchiveInvalid, match=message) as caught:
        check(*entries)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("name", "path"),
    [("./a", "a"), ("a//b", "a/b"), ("a/./b", "a/b"), ("a..b", "a..b"), ("ü/名前", "ü/名前")],
)
def test_archive_usual_name_is_cleaned(name: str, path: str) -> None:
    """What `tar -C app .` writes is taken as it was meant."""
    assert [member.path for member in check(file(name))] == [path]


def test_archive_modes_are_normalised() -> None:
    """Set-uid bits and odd modes of a laptop don't reach an image."""
    members = check(file("a", mode=0o4777), file("b", mode=0o600), Entry("d", Kind.DIRECTORY, 0, 0))
    assert [member.mode for member in members] == [0o755, 0o644, 0o755]


def test_archive_what_no_build_needs_is_left_out() -> None:
    """node_modules, .git and a Mac's notes are skipped, whatever links are in them."""
    members = check(
        file("app.py"),
        file(".git/config"),
        link("web/node_modules/.bin/x", "/usr/bin/x"),
        link(".venv/bin/python", "/usr/bin/python3"),
        file("._app.py"),
        file(".DS_Store"),
        file("pax_global_header"),
    )
    assert [member.path for member in members] == ["app.py"]


def test_archive_same_file_twice_the_last_counts() -> None:
    """An appended archive (`tar -r`) holds its newest version, as tar itself reads it."""
    assert [member.size_bytes for member in check(file("a", 1), file("a", 2))] == [1, 2]


def test_archive_hard_link_names_its_file() -> None:
    """A hard link to an earlier file is taken, with that file's size."""
    assert check(file("./d/a", 7), hard("b", "./d/a"))[1] == Member(
        "b", Kind.HARDLINK, 7, 0o644, 0, "d/a"
    )


def test_archive_directories_that_only_names_speak_of_count_as_entries() -> None:
    """Fifty thousand long names would stand for millions of directories, in memory and on disk."""
    with pytest.raises(ArchiveInvalid, match="more than 100 entries"):
        check(*(file(f"{number}/{'d/' * 40}x") for number in range(3)))


def test_archive_link_is_followed_as_far_as_the_kernel_goes() -> None:
    """A chain ends at forty links, whichever of them is asked about first."""
    chain = [link(f"l{n}", f"./d/../l{n + 1}") for n in range(41)]
    assert len(check(*chain[:40], file("l40"))) == 41
    assert len(check(*chain[39::-1], link("l40", "end"))) == 41
    for entries in (chain, chain[::-1]):
        with pytest.raises(ArchiveInvalid, match="in a circle"):
            check(*entries, link("l41", "end"))


PARTS = st.sampled_from(["..", ".", "", "a", "b", "c"])
PATHS = st.lists(PARTS, min_size=1, max_size=5).map("/".join)
ENTRIES = st.builds(Entry, PATHS, st.sampled_from(list(Kind)), st.integers(0, 9), link=PATHS)


@given(st.lists(ENTRIES, max_size=12))
def test_archive_accepted_tree_never_leads_outside(entries: list[Entry]) -> None:
    """Whatever is accepted, no path and no chain of links leaves the directory."""
    try:
        members = check(*entries)
    except ArchiveInvalid:
        return
    links = {m.path: m.link for m in members if m.kind is Kind.SYMLINK}
    for member in members:
        assert member.path == posixpath.normpath(member.path)
        assert not member.path.startswith(("/", ".."))
        parents = member.path.split("/")[:-1]
        assert not any("/".join(parents[: n + 1]) in links for n in range(len(parents)))
    for path in links:
        assert resolves_inside(path, links)


def resolves_inside(path: str, links: dict[str, str]) -> bool:
    """An independent walk, one component at a time, as a kernel does it."""
    rest, at, hops = path.split("/"), "/root", 0
    while rest and hops < 50:
        part = rest.pop(0)
        at = posixpath.normpath(posixpath.join(at, part))
        if at != "/root" and not at.startswith("/root/"):
            return False
        if (target := links.get(at.removeprefix("/root/"))) is not None:
            hops += 1
            at = posixpath.dirname(at)
            rest = [p for p in target.split("/") if p] + rest
    return True
