"""Which addresses a project and its containers get."""

from ipaddress import IPv4Address, IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sotabox.engine.networks import Network, NetworkFull, free_address, free_subnets, parse_routes

NETWORK = Network("n", IPv4Network("10.213.0.0/27"), IPv4Address("10.213.0.1"))


@pytest.mark.parametrize(
    ("taken", "expected"),
    [
        ([], "10.213.0.2"),
        (["10.213.0.2"], "10.213.0.3"),
        (["10.213.0.9"], "10.213.0.10"),
        (["10.213.0.30"], "10.213.0.2"),
        (["10.213.0.30", "10.213.0.2"], "10.213.0.3"),
    ],
)
def test_free_address_goes_on_after_the_highest(taken: list[str], expected: str) -> None:
    """A new version never gets the address that the last one has just left."""
    assert free_address(NETWORK, taken) == expected


def test_free_address_in_a_full_network_raises() -> None:
    """No two containers get one address."""
    taken = [f"10.213.0.{n}" for n in range(2, 31)]
    with pytest.raises(NetworkFull, match="29 addresses"):
        free_address(NETWORK, taken)


def test_free_subnets_skip_what_overlaps_either_way() -> None:
    """A project's network never hides one that the host or another app uses."""
    taken = [
        IPv4Network("10.213.0.0/28"),
        IPv4Network("10.213.0.64/26"),
        IPv4Network("172.17.0.0/16"),
    ]
    subnets = free_subnets(IPv4Network("10.213.0.0/24"), taken)
    assert [str(next(subnets)) for _ in range(2)] == ["10.213.0.32/27", "10.213.0.128/27"]


@given(st.lists(st.tuples(st.integers(0, 4095), st.sampled_from([20, 23, 25, 26, 27, 28, 32]))))
def test_free_subnets_are_all_that_overlap_nothing(spans: list[tuple[int, int]]) -> None:
    """Whatever a machine uses already, no subnet is given away twice, and none is forgotten."""
    pool, before = IPv4Network("10.213.4.0/22"), int(IPv4Network("10.213.0.0/20")[0])
    taken = [IPv4Network((before + at, length), strict=False) for at, length in spans]
    free = [one for one in pool.subnets(new_prefix=27) if not any(map(one.overlaps, taken))]
    assert list(free_subnets(pool, taken)) == free


def test_free_subnets_of_a_pool_inside_a_taken_range_are_none() -> None:
    """A pool in the middle of the host's own network gives nothing away."""
    subnets = free_subnets(IPv4Network("10.213.0.0/24"), [IPv4Network("10.0.0.0/8")])
    assert list(subnets) == []


def test_parse_routes_leaves_out_the_default() -> None:
    """The way to the Internet does not count as a network of the host."""
    text = (
        "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
        "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
        "docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n"
    )
    assert parse_routes(text) == [IPv4Network("172.17.0.0/16")]
