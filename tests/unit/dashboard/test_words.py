"""Figures and moments as people say them."""

from datetime import UTC, datetime

import pytest

from sotabox.dashboard import words
from sotabox.model.deployment import Status

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("then", "said"),
    [
        ("2026-03-01T11:59:55.000Z", "just now"),
        ("2026-03-01T12:00:30.000Z", "just now"),  # a clock that is ahead
        ("2026-03-01T11:59:30.000Z", "30 s ago"),
        ("2026-03-01T11:59:00.000Z", "1 min ago"),
        ("2026-03-01T11:00:01.000Z", "59 min ago"),
        ("2026-02-28T12:00:01.000Z", "23 h ago"),
        ("2026-02-28T12:00:00.000Z", "28 Feb 2026"),
    ],
)
def test_moment_is_told_as_one_says_it(then: str, said: str) -> None:
    """Within a day how long ago, later the date."""
    assert words.ago(then, NOW) == said


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (999_949_999, "999.9 MB"),
        (999_950_000, "1.0 GB"),
    ],
)
def test_size_is_in_powers_of_ten(size: int, said: str) -> None:
    """No size is ever told as 1000 of something."""
    assert words.size(size) == said


@pytest.mark.parametrize(
    ("ms", "said"),
    [(0, "0 ms"), (999, "999 ms"), (1000, "1.0 s"), (59_949, "59.9 s"), (59_950, "1 min 0 s"),
     (3_600_000, "1 h 0 min")],
)  # fmt: skip
def test_duration_is_told_as_one_says_it(ms: int, said: str) -> None:
    """No duration is ever told as 60 of something."""
    assert words.duration(ms) == said


def test_each_state_has_a_shape_of_its_own_and_a_tone() -> None:
    """States can be told apart without colours."""
    assert set(words.SHAPES) == set(Status)
    assert len({shape for shape, _ in words.SHAPES.values()}) == len(Status)
