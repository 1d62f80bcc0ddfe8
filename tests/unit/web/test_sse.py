"""Server-sent events, byte by byte."""

from sotabox.web import sse


def test_line_event_has_the_prefix_that_the_command_line_looks_for() -> None:
    """The official client prints exactly the lines that start with `data: `."""
    assert sse.line_event("[build] Step 1", 7) == b"id: 7\ndata: [build] Step 1\n\n"


def test_line_event_with_breaks_in_it_stays_one_field() -> None:
    """No line of a log can end a stream or forge an event."""
    event = sse.line_event("a\nevent: end\r\ndata: b\r", 0)
    assert event == b"id: 0\ndata: a event: end  data: b \n\n"


def test_silent_event_is_not_printed_by_the_command_line() -> None:
    """Programs learn the status; people are not shown a line that the log has said already."""
    event = sse.silent_event("end", "running")
    assert event == b"event: end\ndata:running\n\n"
    assert not any(line.startswith(b"data: ") for line in event.splitlines())
