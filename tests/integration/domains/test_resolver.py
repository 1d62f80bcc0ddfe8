"""What DNS says, asked of a real name server."""

import pytest

from sotabox.domains.resolver import Resolver
from sotabox.domains.verification import Seen
from tests.machine.name_server import NameServer


async def test_look_follows_aliases_to_both_kinds_of_addresses(dns: NameServer) -> None:
    """The whole way is seen, not only its end."""
    dns.records |= {
        "shop.example.org": [("CNAME", "cdn.example.net")],
        "cdn.example.net": [("CNAME", "shop.box.test")],
        "*.box.test": [("A", "203.0.113.7"), ("AAAA", "2001:db8::7")],
    }
    assert await Resolver(dns.address).look("shop.example.org") == Seen(
        ("cdn.example.net", "shop.box.test"), frozenset({"203.0.113.7", "2001:db8::7"})
    )


async def test_look_alias_of_nothing_is_seen(dns: NameServer) -> None:
    """An alias shows even where its target does not exist."""
    dns.records["shop.example.org"] = [("CNAME", "shop.box.test")]
    assert await Resolver(dns.address).look("shop.example.org") == Seen(("shop.box.test",))


async def test_look_name_without_records_is_no_trouble(dns: NameServer) -> None:
    """There is no such name: that is an answer."""
    dns.records["mail.example.org"] = [("MX", "10 mx.example.org")]
    for name in ("none.example.org", "mail.example.org"):
        assert await Resolver(dns.address).look(name) == Seen()


async def test_look_server_that_fails_says_so(dns: NameServer) -> None:
    """A broken zone is told from a missing record."""
    dns.broken.add("shop.example.org")
    seen = await Resolver(dns.address).look("shop.example.org")
    assert seen.trouble == "the name servers answered with an error"


async def test_look_server_that_is_silent_is_given_up(
    dns: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wait is bounded."""
    monkeypatch.setattr("sotabox.domains.resolver._ANSWER_S", 0.3)
    dns.silent.add("shop.example.org")
    seen = await Resolver(dns.address).look("shop.example.org")
    assert seen.trouble == "no name server answered in time"


async def test_look_changes_are_seen_at_once(dns: NameServer) -> None:
    """Nothing is remembered: the next look sees the new record."""
    resolver = Resolver(dns.address)
    dns.records["example.org"] = [("A", "198.51.100.9")]
    await resolver.look("example.org")
    dns.records["example.org"] = [("A", "203.0.113.7")]
    assert (await resolver.look("example.org")).addresses == {"203.0.113.7"}
