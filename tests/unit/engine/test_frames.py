"""Container logs, from frames to lines."""

import struct

import pytest

from sotabox.engine.frames import FrameReader, LogLine, nanoseconds

AT = "2026-03-01T12:00:00.000000001Z"
LATER = "2026-03-01T12:00:00.000000002Z"


def frame(text: str, *, at: str = AT, kind: int = 1) -> bytes:
    payload = f"{at} {text}".encode()
    return struct.pack(">B3xI", kind, len(payload)) + payload


@pytest.mark.parametrize("size", [1, 7, 8, 50, 10_000])
def test_frames_cut_anywhere_give_the_same_lines(size: int) -> None:
    """How the network cuts a log does not change it."""
    raw = frame("one\n") + frame("zwölf\r\n", kind=2) + frame("\n", at=LATER)
    reader = FrameReader()
    lines = [line for at in range(0, len(raw), size) for line in reader.feed(raw[at : at + size])]
    assert lines == [
        LogLine(AT, "stdout", "one"),
        LogLine(AT, "stderr", "zwölf"),
        LogLine(LATER, "stdout", ""),
    ]
    assert reader.finish() == []


@pytest.mark.parametrize("ending", ["", "\n"])
def test_line_of_several_frames_is_joined_under_its_first_stamp(ending: str) -> None:
    """A long line arrives whole, whether or not the log driver ends it with a newline."""
    reader = FrameReader()
    raw = (
        frame("a" * 16_384)
        + frame("error\n", kind=2)
        + frame("b" * 16_384, at=LATER)
        + frame("c" + ending, at=LATER)
        + frame("next\n", at=LATER)
    )
    assert reader.feed(raw) == [
        LogLine(AT, "stderr", "error"),
        LogLine(AT, "stdout", "a" * 16_384 + "b" * 16_384 + "c"),
        LogLine(LATER, "stdout", "next"),
    ]


def test_line_whose_rest_never_came_is_given_at_the_end() -> None:
    """The last words of an app that was killed are not lost."""
    reader = FrameReader()
    assert reader.feed(frame("x" * 16_384)) == []
    assert reader.finish() == [LogLine(AT, "stdout", "x" * 16_384)]
    assert reader.finish() == []


def test_line_without_end_is_cut_into_bounded_pieces() -> None:
    """An app that never ends its line does not fill the box's memory."""
    reader = FrameReader()
    lines = reader.feed(b"".join(frame("x" * 16_384) for _ in range(40)))
    assert [len(line.text) for line in lines] == [256 * 1024, 256 * 1024]


def test_line_that_is_no_utf8_is_shown_with_marks() -> None:
    """Broken output is shown, not dropped."""
    payload = f"{AT} ".encode() + b"\xff\n"
    reader = FrameReader()
    (line,) = reader.feed(struct.pack(">B3xI", 1, len(payload)) + payload)
    assert line.text == "\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        ("1970-01-01T00:00:01.000000002Z", 1_000_000_002),
        ("1970-01-01T00:00:01.5Z", 1_500_000_000),
        ("1970-01-01T00:00:01Z", 1_000_000_000),
        ("garbage", 0),
    ],
)
def test_nanoseconds_of_a_stamp(stamp: str, expected: int) -> None:
    """No two lines of one nanosecond apart are confused."""
    assert nanoseconds(stamp) == expected
