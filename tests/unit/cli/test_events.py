"""A stream of a box, read as it comes."""

import pytest

from sotabox.cli.events import Event, parse_events

STREAM = "retry: 2000\n\nid: 0\ndata: [build] ü\u2028x\n\n: ping\n\nevent: end\ndata:running\n\ndata: torso"


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_pieces_of_any_size_give_the_same_events(size: int) -> None:
    """However the network cuts a stream, the log has the same lines, also with odd characters."""
    data = STREAM.encode()
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    assert list(parse_events(pieces)) == [
        Event("message", "[build] ü\u2028x", "0"),
        Event("end", "running", "0"),
    ]
