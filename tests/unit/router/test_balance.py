"""How the addresses of a file reach the slots of a route."""

import re
from collections import Counter

import pytest

from sotabox.router.balance import count_addresses, slot_count, slot_names, slots

ADDRESSES = [f"10.9.0.{n}:8080" for n in range(2, 10)]


def dialled(upstream: str, count: int) -> list[str]:
    """What each slot of a route dials, read as Caddy's `map` does: the first mapping that fits."""
    handler = slots("p1", "/srv/p1.upstream", count)
    for mapping in handler["mappings"]:
        if match := re.search(mapping["input_regexp"], upstream):
            return [
                re.sub(r"\$\{(\d+)\}", lambda group: str(match[int(group[1])]), output)
                for output in mapping["outputs"]
            ]
    raise AssertionError(f"no mapping fits {upstream!r}")


@pytest.mark.parametrize("held", range(1, 9))
@pytest.mark.parametrize("count", [2, 3, 8, 24])
def test_slots_always_lead_to_addresses_of_the_file(held: int, count: int) -> None:
    """While the number changes no visitor is lost, whichever of route and file is changed first."""
    shares = Counter(dialled(" ".join(ADDRESSES[:held]), count))
    assert shares.keys() == set(ADDRESSES[: min(held, count)])
    assert max(shares.values()) - min(shares.values()) <= 1


@pytest.mark.parametrize("numbers", [{1, 3}, {2, 3, 4}, {1, 8, 6}, {5}, {7, 3}])
def test_slot_count_gives_each_replica_the_same_share(numbers: set[int]) -> None:
    """Now, and whenever the project goes back to a number that it has had."""
    for held in numbers:
        shares = Counter(dialled(" ".join(ADDRESSES[:held]), slot_count(numbers)))
        assert len(shares) == held
        assert len(set(shares.values())) == 1


@pytest.mark.parametrize("held", range(2, 9))
def test_slot_count_beyond_its_bound_still_reaches_all(held: int) -> None:
    """Whoever tries every number has shares that differ by one slot at most."""
    count = slot_count(range(1, 9))
    shares = Counter(dialled(" ".join(ADDRESSES[:held]), count))
    assert len(shares) == held
    assert max(shares.values()) - min(shares.values()) <= 1


def test_slots_of_a_page_all_lead_to_it() -> None:
    """A paused project shows its page, however many replicas it had."""
    page = "unix//srv/box/router/run/paused.sock"
    assert dialled(page, 3) == [page] * 3


def test_slot_names_of_two_projects_are_never_the_same() -> None:
    """Caddy counts by name: one project's load must not steer another's."""
    assert not set(slot_names("p1", 8)) & set(slot_names("p2", 8))


@pytest.mark.parametrize(
    ("upstream", "count"), [(None, 1), ("10.9.0.2:80", 1), (" ".join(ADDRESSES), 8)]
)
def test_count_addresses_of_a_file(upstream: str | None, count: int) -> None:
    """A file that is not there yet will hold one."""
    assert count_addresses(upstream) == count
