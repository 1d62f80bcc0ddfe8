"""Points in time as texts."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sotabox.model.times import format_time, now, parse_time

MOMENTS = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
    max_value=datetime(2999, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))]),
)


@given(MOMENTS, MOMENTS)
def test_texts_sort_by_time(one: datetime, two: datetime) -> None:
    """Whatever zone a time came from."""
    if abs(one - two) >= timedelta(milliseconds=1):
        assert (format_time(one) < format_time(two)) == (one < two)


@given(MOMENTS)
def test_text_is_read_back_to_the_millisecond(moment: datetime) -> None:
    text = format_time(moment)
    assert len(text) == 24
    assert text.endswith("Z")
    assert timedelta(0) <= moment - parse_time(text) < timedelta(milliseconds=1)


def test_now_is_now() -> None:
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    assert before <= parse_time(now()) <= datetime.now(UTC)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01T00:00:00Z"])
def test_other_text_is_no_time(text: str) -> None:
    with pytest.raises(ValueError):
        parse_time(text)
