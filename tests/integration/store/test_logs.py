"""Logs under load: readers of the past and of what comes miss nothing and see nothing twice."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sotabox.store.log_pieces import LogLine, Piece
from sotabox.store.logs import LINE_MAX_BYTES, LOG_MAX_BYTES, Logs

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.fixture
def logs(tmp_path: Path) -> Logs:
    return Logs(tmp_path)


def texts(lines: Iterable[LogLine]) -> list[str]:
    return [line.text for line in lines]


async def collect(
    logs: Logs, finished: asyncio.Event, after: int = -1, pause_every: int = 0
) -> list[LogLine]:
    """All that one reader is given, at its own pace."""
    seen: list[LogLine] = []
    batches = logs.follow("d", after, finished.is_set)
    async for batch in batches:
        seen += batch
        if pause_every and len(seen) % pause_every == 0:
            await asyncio.sleep(0.001)
    return seen


def test_lines_come_back_with_number_and_time(logs: Logs) -> None:
    """Each line knows its place and its moment."""
    logs.open("d").append(["[build] one", "[build] two"])
    logs.open("d").append(["[deploy] three"])
    lines = list(logs.read("d"))
    assert texts(lines) == ["[build] one", "[build] two", "[deploy] three"]
    assert [line.number for line in lines] == [0, 1, 2]
    assert all(TIME.fullmatch(line.at) for line in lines)


def test_log_that_is_not_there_is_empty(logs: Logs) -> None:
    """A deployment that has said nothing yet has a log without lines; deleting it is fine."""
    assert list(logs.read("d")) == []
    logs.delete("d")


async def test_reader_gets_the_past_then_what_comes(logs: Logs) -> None:
    """Who comes in the middle sees the beginning first, and then live lines."""
    finished = asyncio.Event()
    writer = logs.open("d")
    writer.append(["past 1", "past 2"])
    batches: AsyncIterator[Piece] = logs.follow("d", -1, finished.is_set)
    assert texts(await anext(batches)) == ["past 1", "past 2"]
    coming = asyncio.ensure_future(anext(batches))
    await asyncio.sleep(0)
    assert not coming.done()
    writer.append(["live"])
    assert texts(await coming) == ["live"]
    finished.set()
    logs.wake("d")
    assert [batch async for batch in batches] == []


async def test_last_words_before_the_end_are_read(logs: Logs) -> None:
    """What is written in the same moment in which the deployment ends reaches the reader."""
    finished = asyncio.Event()
    writer = logs.open("d")
    reader = asyncio.create_task(collect(logs, finished))
    await asyncio.sleep(0)
    writer.append(["last words"])
    finished.set()
    logs.wake("d")
    assert texts(await reader) == ["last words"]


async def test_finished_log_is_read_to_its_end(logs: Logs) -> None:
    """A log of many chunks whose deployment ended long ago is given whole."""
    finished = asyncio.Event()
    finished.set()
    writer = logs.open("d")
    lines = [f"line {i} {'x' * 200}" for i in range(10_000)]
    writer.append(lines)
    assert texts(await collect(logs, finished)) == lines


async def test_reader_resumes_after_a_number(logs: Logs) -> None:
    """A reader that was cut off goes on where it stopped, and one beyond the end waits."""
    finished = asyncio.Event()
    finished.set()
    logs.open("d").append([str(i) for i in range(10)])
    assert texts(await collect(logs, finished, after=6)) == ["7", "8", "9"]
    assert texts(await collect(logs, finished, after=9)) == []
    assert texts(await collect(logs, finished, after=10**12)) == []


@pytest.mark.parametrize(
    ("before", "limit", "numbers"),
    [
        (None, 3, range(49_997, 50_000)),
        (20_000, 500, range(19_500, 20_000)),
        (2, 500, range(2)),
        (0, 500, range(0)),
        (70_000, 2, range(49_998, 50_000)),
    ],
)
def test_window_of_a_long_log_is_exact(
    logs: Logs, before: int | None, limit: int, numbers: range
) -> None:
    """A page of a log shows the lines before the one named, wherever they are in the file."""
    logs.open("d").append(f"line {number}" for number in range(50_000))
    found = logs.window("d", before=before, limit=limit)
    assert [(line.number, line.text) for line in found] == [(n, f"line {n}") for n in numbers]


@pytest.mark.parametrize("after", [-1, 0, 9_999, 49_998, 49_999, 60_000])
async def test_reader_of_a_long_log_resumes_anywhere(logs: Logs, after: int) -> None:
    """Who was cut off goes on with the very next line; who has them all gets none again."""
    logs.open("d").append(f"line {number}" for number in range(50_000))
    finished = asyncio.Event()
    finished.set()
    lines = await collect(logs, finished, after)
    assert [line.number for line in lines] == list(range(after + 1, 50_000))


async def test_two_hundred_readers_of_a_fast_writer_miss_nothing(logs: Logs) -> None:
    """Early and late, fast and slow ones all see every line once, in order."""
    finished = asyncio.Event()
    writer = logs.open("d")
    expected = [f"[build] line {i}" for i in range(2000)]
    readers = []
    for start in range(0, 2000, 10):
        writer.append(expected[start : start + 10])
        readers.append(
            asyncio.create_task(collect(logs, finished, pause_every=(start // 10 % 3) * 7))
        )
        await asyncio.sleep(0)
    finished.set()
    logs.wake("d")
    async with asyncio.timeout(60):
        results = await asyncio.gather(*readers)
    assert len(results) == 200
    for lines in results:
        assert texts(lines) == expected
        assert [line.number for line in lines] == list(range(2000))


async def test_readers_of_one_place_share_what_they_are_given(logs: Logs) -> None:
    """Hundreds who follow one log cost the box as much memory and work as one: it is all one object."""
    logs.open("d").append(f"line {number}" for number in range(5_000))
    rendered: list[int] = []

    def render(line: LogLine) -> bytes:
        rendered.append(line.number)
        return b"%d " % line.number

    readers = [logs.follow("d", -1, asyncio.Event().is_set) for _ in range(50)]
    for _ in range(2):
        pieces = [await anext(reader) for reader in readers]
        assert len({id(piece.rendered(render)) for piece in pieces}) == 1
    assert rendered == sorted(set(rendered))
    for reader in readers:
        await reader.aclose()


async def test_readers_hold_no_file(logs: Logs, tmp_path: Path) -> None:
    """Any number of idle readers costs no file handle, and one that leaves is forgotten."""
    finished = asyncio.Event()
    logs.open("d").append(["one"])
    iterators = [logs.follow("d", -1, finished.is_set) for _ in range(100)]
    for iterator in iterators:
        await anext(iterator)
    open_here = [
        handle
        for handle in Path("/proc/self/fd").iterdir()
        if handle.is_symlink() and str(tmp_path) in str(handle.readlink())
    ]
    assert open_here == []
    for iterator in iterators:
        async with aclosing(iterator):  # type: ignore[type-var]
            pass
    assert logs._followed == {}


async def test_wake_all_lets_every_reader_look(logs: Logs) -> None:
    """At the box's end all streams notice at once."""
    finished = asyncio.Event()
    readers = [asyncio.create_task(collect(logs, finished)) for _ in range(5)]
    await asyncio.sleep(0)
    finished.set()
    logs.wake_all()
    async with asyncio.timeout(5):
        assert await asyncio.gather(*readers) == [[]] * 5


@pytest.mark.parametrize("letter", ["x", "ä", "€", "🧀"])
def test_long_line_is_split_below_what_clients_read(logs: Logs, letter: str) -> None:
    """The official client stops at 64 KiB a line, in bytes; every part keeps its prefix."""
    text = letter * 100_000
    logs.open("d").append([f"[build] {text}"])
    parts = texts(list(logs.read("d")))
    assert len(parts) > 1
    assert all(len(f"data: {part}".encode()) < 64 * 1024 for part in parts)
    assert all(part.startswith("[build] ") for part in parts)
    assert "".join(part.removeprefix("[build] ") for part in parts) == text


def test_bracket_far_away_is_no_prefix(logs: Logs) -> None:
    """Only a short word in brackets is repeated, whatever a line begins with."""
    logs.open("d").append(["[" + "x" * 59_000 + "] " + "y" * 59_000])
    parts = texts(list(logs.read("d")))
    assert [len(part) for part in parts] == [LINE_MAX_BYTES, 59_000 + 3 + 59_000 - LINE_MAX_BYTES]


def test_control_characters_go_and_colours_stay(logs: Logs) -> None:
    """Nothing in a line can start another line or another event; escapes are the reader's matter."""
    logs.open("d").append(["a\x00b\x07c\x7fd\x9be", "\x1b[31mred\x1b[0m\ttab"])
    assert texts(list(logs.read("d"))) == ["abcde", "\x1b[31mred\x1b[0m\ttab"]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r", "\x0b", "\x0c", "\x85", "\u2028"])
def test_any_newline_ends_the_line(logs: Logs, newline: str) -> None:
    """However a program breaks its lines."""
    logs.open("d").append([f"one{newline}two", ""])
    assert texts(list(logs.read("d"))) == ["one", "two", ""]


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(alphabet=st.characters(codec=None), max_size=30), min_size=1, max_size=5))
def test_no_text_breaks_the_file(logs: Logs, lines: list[str]) -> None:
    """Whatever an app prints, each line read is one line, and those after it are whole."""
    logs.delete("d")
    writer = logs.open("d")
    writer.append(lines)
    writer.append(["end"])
    found = list(logs.read("d"))
    assert found[-1].text == "end"
    assert all(TIME.fullmatch(line.at) for line in found)
    assert len(found) == sum(len(line.splitlines()) or 1 for line in lines) + 1


def test_torn_last_line_is_not_shown_until_it_ends(logs: Logs, tmp_path: Path) -> None:
    """Half a line, left by a power cut or a full disk, waits; the next writer ends it."""
    logs.open("d").append(["whole"])
    with (tmp_path / "d.log").open("ab") as file:
        file.write(b"2026-01-01T00:00:00.000Z [build] to")
    assert texts(list(logs.read("d"))) == ["whole"]
    logs.open("d").append(["next"])
    assert texts(list(logs.read("d"))) == ["whole", "[build] to", "next"]


def test_full_log_ends_with_a_word(logs: Logs, tmp_path: Path) -> None:
    """A program that prints without end can't fill the disk: the log says that it was cut."""
    path = tmp_path / "d.log"
    path.write_bytes(b"2026-01-01T00:00:00.000Z [build] first\n")
    with path.open("r+b") as file:
        file.truncate(LOG_MAX_BYTES - 5)  # a hole, which takes no disk
        file.seek(-1, 2)
        file.write(b"\n")
    writer = logs.open("d")
    writer.append(["over the edge"])
    size = path.stat().st_size
    writer.append(["lost"])
    logs.open("d").append(["lost as well"])
    assert path.stat().st_size == size
    tail = path.read_bytes()[-200:]
    assert b"over the edge\n" in tail
    assert tail.endswith(b"the rest is lost\n")


def test_full_disk_costs_lines_and_nothing_else(logs: Logs, tmp_path: Path) -> None:
    """The deployment that writes goes on; /dev/full is a disk that takes nothing."""
    (tmp_path / "d.log").symlink_to("/dev/full")
    logs.open("d").append(["lost"])


def test_several_writers_share_a_log(logs: Logs) -> None:
    """A cancel and the deployment itself may both write; no line is torn."""
    one, two = logs.open("d"), logs.open("d")
    for i in range(50):
        one.append([f"one {i}"])
        two.append([f"two {i}"])
    assert texts(list(logs.read("d"))) == [
        f"{who} {i}" for i in range(50) for who in ("one", "two")
    ]
