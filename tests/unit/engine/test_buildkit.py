"""BuildKit's trace, from bytes to lines."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sotabox.engine.buildkit import TraceLog, fields


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def text(number: int, value: str | bytes) -> bytes:
    raw = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(raw)) + raw


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def stamp(field: int, seconds: float) -> bytes:
    whole = int(seconds)
    return text(field, number(1, whole) + number(2, round((seconds - whole) * 1e9)))


def vertex(
    digest: str,
    name: str,
    *,
    started: float = 0,
    completed: float = 0,
    cached: bool = False,
    error: str = "",
) -> bytes:
    raw = text(1, digest) + text(3, name)
    raw += number(4, 1) if cached else b""
    raw += stamp(5, started) if started else b""
    raw += stamp(6, completed) if completed else b""
    return text(1, raw + (text(7, error) if error else b""))


def log(digest: str, at: float, message: bytes, stream: int = 1) -> bytes:
    return text(3, text(1, digest) + stamp(2, at) + number(3, stream) + text(4, message))


def test_step_is_told_from_start_to_end() -> None:
    """The log reads as that of `docker build`."""
    trace = TraceLog()
    assert trace.feed(vertex("a", "[1/2] FROM base")) == []
    assert trace.feed(vertex("a", "[1/2] FROM base", started=5, completed=5, cached=True)) == [
        "#1 [1/2] FROM base",
        "#1 CACHED",
    ]
    assert trace.feed(vertex("b", "[2/2] RUN  make\n all", started=10)) == ["#2 [2/2] RUN make all"]
    assert trace.feed(log("b", 10.5, b"hello\nhal")) == ["#2 0.500 hello"]
    assert trace.feed(
        log("b", 11, b"f\n\nrest") + vertex("b", "x", started=10, completed=13.2)
    ) == [
        "#2 1.000 half",
        "#2 1.000 ",
        "#2 1.000 rest",
        "#2 DONE 3.2s",
    ]
    assert trace.finish() == []


def test_housekeeping_is_hidden_until_it_fails() -> None:
    """The log holds my steps, and whatever went wrong."""
    trace = TraceLog()
    assert trace.feed(vertex("a", "[internal] load remote build context", started=1)) == []
    assert trace.feed(vertex("a", "[internal] load remote build context", completed=2)) == []
    name = "[internal] load metadata for base:1"
    assert trace.feed(vertex("b", name, started=1)) == []
    assert trace.feed(vertex("b", name, started=1, completed=2, error="not found")) == [
        f"#1 {name}",
        "#1 ERROR: not found",
    ]
    assert trace.failed_step == name


def test_first_failure_is_kept_and_cancelled_ones_are_not_blamed() -> None:
    """The step that broke is named, not those that were stopped because of it."""
    trace = TraceLog()
    first = vertex("a", "[a 1/1] RUN x", started=1, completed=2, error="context canceled")
    assert trace.feed(first)[-1] == "#1 CANCELED"
    trace.feed(vertex("b", "[b 1/1] RUN y", started=1, completed=2, error="exit code: 1"))
    trace.feed(vertex("c", "[c 1/1] RUN z", started=1, completed=2, error="exit code: 2"))
    assert trace.failed_step == "[b 1/1] RUN y"


def test_progress_bars_are_shown_in_their_last_state() -> None:
    """A bar that was redrawn a thousand times is one line."""
    trace = TraceLog()
    trace.feed(vertex("a", "[1/1] RUN x", started=1))
    for percent in range(1000):
        assert trace.feed(log("a", 2, b"\r%d %%" % percent)) == []
    assert trace.feed(log("a", 2, b"\rdone\r\n")) == ["#1 1.000 done"]
    assert trace.feed(log("a", 2, b"windows\r\nunix\n")) == ["#1 1.000 windows", "#1 1.000 unix"]


def test_output_and_errors_are_joined_apart() -> None:
    """Two streams of one step don't break each other's lines."""
    trace = TraceLog()
    trace.feed(vertex("a", "[1/1] RUN x", started=1))
    assert trace.feed(log("a", 1, b"ou") + log("a", 1, b"er", 2)) == []
    assert trace.feed(log("a", 1, b"t\n") + log("a", 1, b"r\n", 2)) == [
        "#1 0.000 out",
        "#1 0.000 err",
    ]


def test_line_without_end_is_given_away_in_bounded_pieces() -> None:
    """A step that never ends its line does not fill the box's memory."""
    trace = TraceLog()
    trace.feed(vertex("a", "[1/1] RUN x", started=1))
    lines = [line for _ in range(40) for line in trace.feed(log("a", 1, b"x" * 65_536))]
    assert [len(line) > 1_000_000 for line in lines] == [True, True]


def test_full_disk_in_the_output_is_noticed() -> None:
    """A step that fills the disk only says so itself."""
    trace = TraceLog()
    trace.feed(vertex("a", "[1/1] RUN x", started=1))
    trace.feed(log("a", 1, b"dd: write: No space left on device\n", 2))
    assert trace.disk_full


def test_warning_is_told() -> None:
    """What newer engines find doubtful in my Dockerfile I see."""
    trace = TraceLog()
    assert trace.feed(text(4, text(1, "a") + text(3, "a tag is missing"))) == [
        "WARNING: a tag is missing"
    ]


def test_fields_read_every_kind() -> None:
    """Unknown fields of a newer engine are stepped over."""
    raw = number(1, 300) + text(2, "x") + b"\x19" + struct.pack("<d", 1.5) + b"\x25abcd"
    assert list(fields(raw)) == [(1, 300), (2, b"x"), (3, struct.pack("<d", 1.5)), (4, b"abcd")]


@pytest.mark.parametrize("raw", [b"\x0a\x05ab", b"\x08", b"\x80", b"\x0b", b"\x08" + b"\xff" * 20])
def test_fields_of_garbage_raise(raw: bytes) -> None:
    """Garbage is an error, never an endless loop."""
    with pytest.raises(ValueError, match="protobuf"):
        list(fields(raw))


@given(st.binary(max_size=200))
def test_trace_of_any_bytes_ends_in_lines_or_a_value_error(raw: bytes) -> None:
    """No answer of an engine can crash the box."""
    try:
        lines = TraceLog().feed(raw)
    except ValueError:
        return
    assert all(isinstance(line, str) for line in lines)
