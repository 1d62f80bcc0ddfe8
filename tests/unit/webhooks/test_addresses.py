"""Where a webhook may lead, whatever was written for it."""

from ipaddress import IPv4Network, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sotabox.webhooks.addresses import Policy, judge_address, judge_all, judge_host

WORLD = Policy(
    private=False, own_networks=(IPv4Network("203.0.112.0/24"), IPv4Network("8.9.0.0/16"))
)
INNER = Policy(private=True, own_networks=WORLD.own_networks)

INSIDE = [
    "127.0.0.1",
    "127.255.255.254",
    "10.0.0.1",
    "10.213.0.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.1.1",
    "100.64.0.1",
    "100.127.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "240.0.0.1",
    "8.9.10.11",  # this box's own apps, though the range is a public one
    "::1",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd12:3456::1",
    "fec0::1",
    "2001:db8::1",
    "2001::1",  # Teredo
    "100::1",
    "4000::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:7f00:1",
    "::ffff:0:127.0.0.1",
    "::127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::a00:1",
    "64:ff9b:1::10.0.0.1",
    "64:ff9b:1::8.8.8.8",  # whose translator that is, and where it leads, is not known
    "64:ff9b:1:a00:0:100::",  # 10.0.0.1 behind a prefix of 48 bits
    "2002:7f00:1::",
    "2002:a00:1::1",
]
NEVER = [
    "0.0.0.0",
    "0.1.2.3",
    "::",
    "::ffff:0.0.0.0",
    "169.254.169.254",
    "::ffff:169.254.169.254",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1:a9fe:a9:fe00::",  # behind 48 bits
    "64:ff9b:1:a9:fe:a9fe::",  # behind 56
    "64:ff9b:1:0:a9:fea9:fe00:0",  # behind 64
    "64:ff9b:1::169.254.169.254",  # behind 96
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "fd00:ec2::254",
    "224.0.0.1",
    "239.255.255.255",
    "255.255.255.255",
    "ff02::1",
]
OUTSIDE = ["8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.1", "172.32.0.1", "2606:4700::1111",
           "2a00:1450::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"]  # fmt: skip


@pytest.mark.parametrize("text", INSIDE)
def test_address_inside_is_refused_unless_private_targets_are_allowed(text: str) -> None:
    """Nothing of the box or of the networks around it is reached through a webhook."""
    assert judge_address(ip_address(text), WORLD) is not None
    assert judge_address(ip_address(text), INNER) is None


@pytest.mark.parametrize("text", NEVER)
def test_address_that_is_nobodys_or_tells_secrets_is_always_refused(text: str) -> None:
    """No setting opens a cloud's metadata."""
    assert judge_address(ip_address(text), WORLD) is not None
    assert judge_address(ip_address(text), INNER) is not None


@pytest.mark.parametrize("text", OUTSIDE)
def test_address_outside_is_fine(text: str) -> None:
    """The world is what webhooks are for."""
    assert judge_address(ip_address(text), WORLD) is None


@given(st.ip_addresses(v=4))
def test_address_within_another_is_judged_as_what_it_is(address: object) -> None:
    """Writing an IPv4 address as IPv6 changes nothing, in any of the ways to do so."""
    v4 = ip_address(str(address))
    refused = judge_address(v4, WORLD) is not None
    number = int(v4)
    for carrier in ("::ffff:0:0", "64:ff9b::", "::ffff:0:0:0"):
        inner = ip_address(int(ip_address(carrier)) | number)
        assert (judge_address(inner, WORLD) is not None) == refused, inner
    six_to_four = ip_address(0x2002 << 112 | number << 80)
    assert (judge_address(six_to_four, WORLD) is not None) == refused


@given(st.ip_addresses(v=4))
def test_address_that_is_refused_is_never_one_of_the_world(address: object) -> None:
    """The table is not narrower than Python's own idea of what is public."""
    v4 = ip_address(str(address))
    if not v4.is_global or v4.is_multicast:
        assert judge_address(v4, WORLD) is not None


@pytest.mark.parametrize(
    "host",
    [
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "127.1",
        "0177.0.0.1",
        "0",
        "00000000177.1",
        "127.0.0.1.",
        "127.0.0.1..",
        "1.2.3.4.5",
        "example.0x7f",
        "256.256.256.256",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "app.localhost",
        "APP.LocalHost.",
        "[::1]",
        "::1",
        "fe80::1%25eth0",
        "①②⑦.0.0.1",
        "ⓛocalhost",
        "a..b",
        "-a.example",
        "a.-b",
        "a b",
        "a/b",
        "a@b",
        "",
        ".",
        "x" * 64 + ".example",
        ".".join(["x" * 60] * 5),
    ],
)
def test_host_written_to_mislead_is_refused(host: str) -> None:
    """Numbers in odd forms, loopback under its names, and what is no name at all."""
    assert judge_host(host, WORLD) is not None


@pytest.mark.parametrize(
    "host",
    ["example.com", "EXAMPLE.com.", "xn--bcher-kva.example", "a_b.example", "8.8.8.8",
     "2606:4700::1111", "1.example", "0x7f.example"],
)  # fmt: skip
def test_host_of_the_world_is_fine(host: str) -> None:
    """Names, punycode among them, and addresses in their usual form."""
    assert judge_host(host, WORLD) is None


def test_host_names_the_box_where_that_is_allowed() -> None:
    """A laptop's webhooks lead to the laptop."""
    assert judge_host("localhost", INNER) is None
    assert judge_host("2130706433", INNER) is not None


def test_name_with_addresses_inside_and_outside_leads_outside_only() -> None:
    """What is refused is not dialled, even as a second choice."""
    allowed, problem = judge_all([ip_address("127.0.0.1"), ip_address("8.8.8.8")], WORLD)
    assert allowed == [ip_address("8.8.8.8")]
    assert problem is not None
    assert "the box itself" in problem
