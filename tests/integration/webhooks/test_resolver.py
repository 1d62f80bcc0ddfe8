"""Names and ports that may be dialled, on this machine."""

import socket
from collections.abc import Iterator

import pytest

from sotabox.webhooks import resolver as resolver_module
from sotabox.webhooks.addresses import Policy
from sotabox.webhooks.resolver import Refused, Resolver, Unresolved, _is_own


@pytest.fixture
def resolver() -> Iterator[Resolver]:
    resolver = Resolver(Policy(private=False, own_networks=()))
    yield resolver
    resolver.close()


async def test_own_public_address_is_dialled_on_the_ports_of_the_apps_only(
    resolver: Resolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One app may call another; what a firewall keeps from the world stays behind it."""
    monkeypatch.setattr(resolver_module, "_is_own", lambda _: True)
    assert await resolver.addresses("8.8.8.8", 443)
    with pytest.raises(Refused, match="port 5432"):
        await resolver.addresses("8.8.8.8", 5432)


def test_own_addresses_are_told_from_others() -> None:
    """By the one question that a kernel answers for every interface."""
    from ipaddress import ip_address

    assert _is_own(ip_address("127.0.0.1"))
    assert not _is_own(ip_address("192.0.2.1"))
    assert not _is_own(ip_address("2001:db8::1"))


async def test_name_without_an_address_is_not_refused_but_unresolved(resolver: Resolver) -> None:
    """It may get one: the webhook is kept, the delivery waits."""
    with pytest.raises(Unresolved, match="nobody"):
        await resolver.addresses("nobody.invalid", 443)


async def test_name_that_leads_inside_is_refused(
    resolver: Resolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What counts is the number behind it."""

    def answer(*_: object, **__: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("169.254.169.254", 80))]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    with pytest.raises(Refused, match="metadata"):
        await resolver.addresses("innocent.example", 80)
