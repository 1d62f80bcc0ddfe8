"""When a delivery is tried again."""

from datetime import datetime, timedelta
from typing import Final

from sotabox.model.times import parse_time
from sotabox.model.webhook import (
    ATTEMPTS_MAX,
    DELIVERY_AGE_MAX,
    Attempt,
    Delivery,
    DeliveryStatus,
)

_FIRST: Final = timedelta(seconds=5)
_FACTOR: Final = 2.5
_LONGEST: Final = timedelta(minutes=10)


def next_pause(attempts: int, random: float) -> timedelta:
    """How long to wait after so many attempts: longer each time, and not all at the same moment.

    Args:
        attempts: how many were made, at least 1.
        random: from 0 to 1; it takes up to a half away.
    """
    pause = min(_FIRST * _FACTOR ** (attempts - 1), _LONGEST)
    return pause * (1 - random / 2)


def is_stale(delivery: Delivery, now: datetime) -> bool:
    """Whether its event is too old to be told."""
    return now - parse_time(delivery.event_at) > DELIVERY_AGE_MAX


def next_status(attempt: Attempt, attempts: int) -> DeliveryStatus:
    """Where a delivery stands after its attempt number `attempts`."""
    if attempt.accepted:
        return DeliveryStatus.DELIVERED
    return DeliveryStatus.FAILED if attempts >= ATTEMPTS_MAX else DeliveryStatus.WAITING
