"""Counting requests, as plain values."""

import pytest

from sotabox.web.rate_limit import RateLimit, client_address


def test_limit_within_a_minute_counts_down_and_then_refuses() -> None:
    """A client sees how many requests are left, and is refused after the last."""
    limit = RateLimit(2)
    seen = [limit.take("a", 600.0 + at) for at in range(3)]
    assert [(one.remaining, one.exceeded) for one in seen] == [(1, False), (0, False), (0, True)]


def test_limit_names_the_end_of_its_window() -> None:
    """The moment that a client is told is the one at which it may go on."""
    limit = RateLimit(1)
    first = limit.take("a", 605.5)
    assert first.reset_at == 660
    assert limit.take("a", 659.99).exceeded
    assert not limit.take("a", 660.0).exceeded


def test_limit_of_one_client_leaves_others_alone() -> None:
    """What one does costs another nothing."""
    limit = RateLimit(1)
    limit.take("a", 0.0)
    assert not limit.take("b", 0.0).exceeded


def test_limit_forgets_the_clients_of_the_minute_before() -> None:
    """Memory holds one minute's clients, however many have come in a year."""
    limit = RateLimit(1)
    for number in range(1000):
        limit.take(f"client {number}", 0.0)
    limit.take("a", 60.0)
    assert len(limit._counts) == 1


@pytest.mark.parametrize(
    ("peer", "forwarded", "counted"),
    [
        ("127.0.0.1", b"203.0.113.7", "203.0.113.7"),
        ("::1", b"203.0.113.7", "203.0.113.7"),
        (None, b"203.0.113.7", "203.0.113.7"),
        ("127.0.0.1", b"198.51.100.1, 203.0.113.7", "203.0.113.7"),
        ("203.0.113.9", b"198.51.100.1", "203.0.113.9"),
        ("127.0.0.1", b"", "127.0.0.1"),
        ("127.0.0.1", b"not an address", "not an address"),
        (None, b"", "local"),
        ("127.0.0.1", b"2001:db8:1:2:3:4:5:6", "20010db800010002/64"),
        ("127.0.0.1", b"2001:db8:1:2::9", "20010db800010002/64"),
    ],
)
def test_address_is_the_one_that_our_own_proxy_saw(
    peer: str | None, forwarded: bytes, counted: str
) -> None:
    """Nobody gets a fresh allowance by claiming another address, or by changing it in a /64."""
    headers = {b"x-forwarded-for": forwarded} if forwarded else {}
    assert client_address(peer, headers) == counted
