"""When a version has to give way."""

import pytest

from sotabox.model.guard import Answers, Guard, judge


def guard(percent: float = 10, before: float = 0) -> Guard:
    return Guard(
        project_id="p", deployment_id="new", previous_id="old", until="",
        percent=percent, percent_before=before,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("requests", "errors", "before"),
    [(0, 0, 0), (19, 19, 0), (100, 9, 0), (100, 30, 30), (100, 30, 50)],
)
def test_version_that_is_no_worse_may_stay(requests: int, errors: int, before: float) -> None:
    """Few requests tell nothing; few errors are allowed; those of before are not held against it."""
    assert judge(guard(before=before), Answers(requests, errors), 0) is None


def test_version_that_fails_its_visitors_gives_way() -> None:
    """From the threshold on, and it says how often it failed."""
    reason = judge(guard(), Answers(20, 2), 0)
    assert reason is not None
    assert "2 of its last 20 answers" in reason
    assert judge(guard(before=5), Answers(100, 11), 0) is not None


def test_version_that_ends_again_and_again_gives_way() -> None:
    """Three times, whatever its answers were."""
    assert judge(guard(), Answers(0, 0), 2) is None
    assert judge(guard(), Answers(100, 0), 3) == "it ended by itself 3 times"


def test_answers_since_a_look_survive_counters_that_begin_anew() -> None:
    """After a reload of the router, what it counted since is all there is."""
    assert Answers(50, 5).since(Answers(20, 1)) == Answers(30, 4)
    assert Answers(7, 1).since(Answers(20, 1)) == Answers(7, 1)
