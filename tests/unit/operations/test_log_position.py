"""How far a reader has come in the logs of several containers."""

import pytest

from sotabox.operations.app_lines import AppLine
from sotabox.operations.log_position import Seen, read_position

ONE = "1" * 64
TWO = "2" * 64
NEW = "3" * 64


def line(second: int, container_id: str, stream: str = "stdout") -> AppLine:
    return AppLine(f"2026-03-01T12:00:{second:02d}.000000000Z", "hello", container_id, stream)


def resumed(id_: str, *container_ids: str) -> Seen:
    seen = read_position(id_)
    assert seen is not None
    seen.meet(container_ids)
    return seen


def test_reader_goes_on_in_each_container_where_it_was() -> None:
    """What another replica printed a little earlier is not lost because it came a little later."""
    seen = Seen()
    seen.meet([ONE, TWO])
    seen.advance(line(1, TWO))
    id_ = seen.id_after(line(9, ONE))
    assert id_.startswith("2026-03-01T12:00:09.000000000Z ")
    again = resumed(id_, ONE, TWO)
    assert again.lacks(line(2, TWO))
    assert not again.lacks(line(1, TWO))
    assert not again.lacks(line(9, ONE))
    assert again.lacks(line(10, ONE))


def test_reader_goes_on_in_each_stream_where_it_was() -> None:
    """Errors and output of one process are stamped apart: either may come late."""
    seen = Seen()
    seen.meet([ONE])
    seen.advance(line(3, ONE, "stderr"))
    again = resumed(seen.id_after(line(5, ONE)), ONE)
    assert again.lacks(line(4, ONE, "stderr"))
    assert not again.lacks(line(4, ONE))
    assert again.since_of(ONE) == "2026-03-01T12:00:03.000000000Z"


def test_container_that_is_new_is_read_from_its_beginning() -> None:
    """The next version starts before the old one prints its last line."""
    seen = Seen(since=7)
    seen.meet([ONE])
    again = resumed(seen.id_after(line(9, ONE)), NEW)
    assert again.since_of(NEW) is None
    assert again.lacks(line(1, NEW))
    assert "111111111111" not in again.id_after(line(1, NEW))


def test_container_without_a_line_keeps_the_moment_from_which_it_is_read() -> None:
    """Whoever wanted only what comes gets nothing old of the other replica, later on."""
    seen = Seen(since=1_772_366_405_000_000_000)  # 12:00:05
    seen.meet([ONE, TWO])
    again = resumed(seen.id_after(line(9, ONE)), ONE, TWO)
    assert not again.lacks(line(4, TWO))
    assert again.lacks(line(6, TWO))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "7",
        "2026-03-01T12:00:00Z",
        "x y",
        "t 111111111111:1",
        "t 111111111111:1.2,",
        "t " + "1" * 3000,
    ],
)
def test_text_that_is_no_position_is_none(text: str) -> None:
    """Ids of an older box, times and nonsense are told apart."""
    assert read_position(text) is None
