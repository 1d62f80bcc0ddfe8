from ipaddress import ip_address

import pytest

from sotabox.domains import addresses as module
from sotabox.domains.addresses import Addresses, sort_addresses
from sotabox.domains.records import BoxAddresses
from sotabox.domains.resolver import Resolver
from sotabox.domains.verification import Seen


class _Known(Resolver):
    """Names whose addresses are known beforehand."""

    def __init__(self, **names: str) -> None:
        super().__init__()
        self._names = {name.replace("_", "."): address for name, address in names.items()}

    async def look(self, name: str) -> Seen:
        return Seen((), frozenset({self._names[name]} if name in self._names else ()))


@pytest.fixture
def outgoing(monkeypatch: pytest.MonkeyPatch) -> dict[int, str]:
    """The addresses that this machine would use on the way out, by IP version."""
    found: dict[int, str] = {}
    monkeypatch.setattr(
        module, "_outgoing", lambda _, target: found.get(ip_address(target).version)
    )
    return found


async def test_find_setting_wins(outgoing: dict[int, str]) -> None:
    """Who knows better is believed."""
    outgoing[4] = "8.8.8.8"
    found = await Addresses("203.0.113.7, 2001:db8::7", "box.test", _Known()).find()
    assert found == BoxAddresses(("203.0.113.7",), ("2001:db8::7",))


async def test_find_public_default_route_is_taken(outgoing: dict[int, str]) -> None:
    """A server on the internet needs no setting."""
    outgoing |= {4: "8.8.8.8", 6: "2606:4700::1"}
    found = await Addresses("", "box.test", _Known()).find()
    assert found == BoxAddresses(("8.8.8.8",), ("2606:4700::1",))


async def test_find_behind_a_translator_asks_for_the_box_s_own_name(
    outgoing: dict[int, str],
) -> None:
    """In a cloud's private network the box is where its domain points."""
    outgoing[4] = "10.0.0.5"
    found = await Addresses("", "box.test", _Known(box_test="8.8.8.8")).find()
    assert found == BoxAddresses(("8.8.8.8",))


async def test_find_private_address_is_said_to_be_private(outgoing: dict[int, str]) -> None:
    """Nobody sets 10.0.0.5 in public DNS without being warned."""
    outgoing[4] = "10.0.0.5"
    found = await Addresses("", "box.test", _Known()).find()
    assert found.v4 == ("10.0.0.5",)
    assert found.note
    assert "10.0.0.5 is private" in found.note
    assert "SOTABOX_PUBLIC_IP" in found.note


async def test_find_nothing_says_which_setting_helps(outgoing: dict[int, str]) -> None:
    """A machine without a way out asks for the setting."""
    assert not outgoing
    found = await Addresses("", "box.test", _Known()).find()
    assert (found.v4, found.v6) == ((), ())
    assert "SOTABOX_PUBLIC_IP" in (found.note or "")


def test_sort_addresses_writes_each_as_usual() -> None:
    """An address is one, however it was written."""
    assert sort_addresses(["2001:DB8:0::7", "203.0.113.7", "203.0.113.7"]) == BoxAddresses(
        ("203.0.113.7",), ("2001:db8::7",)
    )
