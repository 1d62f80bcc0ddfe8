"""Pages and cursors."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sotabox.api.pagination import Page, read_page
from sotabox.errors import BadRequest


@pytest.mark.parametrize(
    ("asked", "given_"), [(None, 20), ("", 20), ("1", 1), ("100", 100), ("101", 100), ("9999", 100)]
)
def test_limit_is_clamped_to_what_a_page_holds(asked: str | None, given_: int) -> None:
    """More than a hundred gives a hundred; nothing gives twenty."""
    assert read_page("l", asked, None).limit == given_


@pytest.mark.parametrize("asked", ["abc", "0", "-1", "1.5", "٣", "1e3", "9" * 5000])
def test_limit_that_is_no_count_is_refused(asked: str) -> None:
    """A typo in a limit is said, not guessed around."""
    with pytest.raises(BadRequest, match="limit"):
        read_page("l", asked, None)


@given(st.text(max_size=40).filter(lambda text: text.isprintable()))
def test_cursor_of_a_list_leads_back_to_its_position(position: str) -> None:
    """What a page hands out, the next request can use."""
    cursor = Page("projects:1", None, 1).cursor(2, position)
    assert cursor is not None
    assert read_page("projects:1", None, cursor).position == position


def test_cursor_of_another_list_is_refused() -> None:
    """A cursor of one project's deployments does not work on another's."""
    cursor = Page("deployments:1", None, 1).cursor(2, "7")
    with pytest.raises(BadRequest, match="does not belong"):
        read_page("deployments:2", None, cursor)


@pytest.mark.parametrize(
    "cursor",
    ["x", "!!!!", "AAAA", "é", "A" * 1000, base64.urlsafe_b64encode(b"7").decode(), "\0", "="],
)
def test_cursor_that_is_garbled_is_refused(cursor: str) -> None:
    """Whatever was made up is answered with what is wrong."""
    with pytest.raises(BadRequest):
        read_page("l", None, cursor)


def test_cursor_exists_only_where_there_is_more() -> None:
    """The last page says that it is the last, also when it is full."""
    page = Page("l", None, 2)
    assert page.probe == 3
    assert page.cursor(2, "b") is None
    assert page.cursor(3, "b") is not None
