"""Identifiers: RFC 9562, and in order where order is promised."""

import uuid

from hypothesis import given
from hypothesis import strategies as st

from sotabox.model.ids import format_id, new_deployment_id, new_id, short_id

TIMES = st.integers(0, 2**48 - 1)
RANDOM = st.integers(0, 2**74 - 1)


@given(TIMES, RANDOM)
def test_id_is_a_uuid_of_version_7(unix_ms: int, random: int) -> None:
    """Any reader of UUIDs agrees, and finds time and randomness where the RFC has them."""
    text = format_id(unix_ms, random)
    parsed = uuid.UUID(text)
    assert str(parsed) == text
    assert (parsed.version, parsed.variant) == (7, uuid.RFC_4122)
    assert parsed.int >> 80 == unix_ms
    assert (parsed.int >> 64 & 0xFFF) << 62 | parsed.int & (1 << 62) - 1 == random


@given(TIMES, TIMES, RANDOM, RANDOM)
def test_later_ids_sort_after_earlier_ones(one: int, two: int, a: int, b: int) -> None:
    """The order of the texts is the order of time: pages by id are pages by age."""
    if one != two:
        assert (format_id(one, a) < format_id(two, b)) == (one < two)


def test_fresh_ids_differ() -> None:
    """Many in one millisecond don't collide."""
    assert len({new_id() for _ in range(10_000)}) == 10_000


def test_short_ids_of_deployments_differ() -> None:
    """Image tags are made of eight digits: those of one minute must not share them."""
    shorts = [short_id(new_deployment_id()) for _ in range(200)]
    assert len(set(shorts)) == len(shorts)
    assert all(len(short) == 8 for short in shorts)
