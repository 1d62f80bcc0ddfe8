"""When a delivery is tried again, and when it is given up."""

from datetime import UTC, datetime, timedelta

import pytest

from sotabox.model.times import format_time
from sotabox.model.webhook import ATTEMPTS_MAX, Attempt, DeliveryStatus
from sotabox.webhooks.schedule import is_stale, next_pause, next_status
from tests.unit.webhooks.examples import delivery


def test_pauses_grow_up_to_a_bound() -> None:
    """A receiver that is away for a minute misses nothing, and one that is gone is left in peace."""
    pauses = [next_pause(attempts, 0) for attempts in range(1, ATTEMPTS_MAX)]
    assert pauses == sorted(pauses)
    assert pauses[0] == timedelta(seconds=5)
    assert pauses[-1] == timedelta(minutes=10)
    assert timedelta(minutes=15) < sum(pauses, timedelta()) < timedelta(minutes=40)


def test_pauses_are_spread() -> None:
    """A thousand deliveries to one receiver do not come back in the same second."""
    assert next_pause(3, 1) == next_pause(3, 0) / 2


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_answer_of_success_settles(status: int) -> None:
    """Any 2xx is a yes."""
    attempt = Attempt(response_status=status, duration_ms=1)
    assert next_status(attempt, 1) is DeliveryStatus.DELIVERED


@pytest.mark.parametrize("status", [None, 199, 300, 302, 400, 404, 410, 429, 500, 503])
def test_anything_else_is_tried_again_a_bounded_number_of_times(status: int | None) -> None:
    """An error page, a redirect or silence is no yes."""
    attempt = Attempt(response_status=status, duration_ms=1)
    assert next_status(attempt, ATTEMPTS_MAX - 1) is DeliveryStatus.WAITING
    assert next_status(attempt, ATTEMPTS_MAX) is DeliveryStatus.FAILED


def test_event_of_yesterday_is_stale() -> None:
    """After a long absence the box does not flood receivers with what is over."""
    now = datetime.now(UTC)
    old = delivery(event_at=format_time(now - timedelta(days=1, minutes=1)))
    assert is_stale(old, now)
    assert not is_stale(delivery(event_at=format_time(now - timedelta(hours=23))), now)
