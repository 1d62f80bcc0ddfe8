"""The table of transitions, looked at as a whole."""

import pytest

from sotabox.model.deployment import SETTLED, TRANSITIONS, Status, predecessors


def reachable(start: Status) -> set[Status]:
    seen: set[Status] = set()
    todo = [start]
    while todo:
        for after in TRANSITIONS[todo.pop()] - seen:
            seen.add(after)
            todo.append(after)
    return seen


def test_every_state_is_in_the_table() -> None:
    """A state without a line would be one that nobody thought through."""
    assert set(TRANSITIONS) == set(Status)


def test_every_state_is_reached_from_pending() -> None:
    """Each state happens."""
    assert reachable(Status.PENDING) == set(Status)


@pytest.mark.parametrize("end", [Status.STOPPED, Status.FAILED])
def test_ended_deployment_never_comes_back(end: Status) -> None:
    """A rollback is a new deployment: the history does not change."""
    assert TRANSITIONS[end] == frozenset()


@pytest.mark.parametrize("status", [s for s in Status if TRANSITIONS[s]])
def test_every_unfinished_state_can_end_both_ways(status: Status) -> None:
    """Whatever a deployment does, it can fail and it can be stopped."""
    assert {Status.STOPPED, Status.FAILED} <= TRANSITIONS[status]


def test_nothing_runs_without_having_been_probed() -> None:
    """There is one way to serve: out of `deploying`, where the health check is."""
    assert predecessors(Status.RUNNING) == (Status.DEPLOYING,)


def test_settled_states_are_left_only_for_an_end() -> None:
    """A log that was closed does not have to be opened again."""
    assert all(TRANSITIONS[status] <= SETTLED for status in SETTLED)


@pytest.mark.parametrize("status", list(Status))
def test_predecessors_are_the_table_read_backwards(status: Status) -> None:
    assert set(predecessors(status)) == {b for b in Status if status in TRANSITIONS[b]}
