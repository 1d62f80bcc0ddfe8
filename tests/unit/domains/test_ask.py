from dataclasses import dataclass, field
from itertools import count

import pytest

from sotabox.domains.ask import AskIndex
from sotabox.router.terms import CustomHost, Route


@dataclass
class World:
    """A clock that is set, certificates that lie on disk, and the index that looks at both."""

    now_s: float = 0.0
    on_disk: set[str] = field(default_factory=set)

    def index(self, *domains: CustomHost, rationed: bool = True) -> AskIndex:
        index = AskIndex(self.on_disk.__contains__, rationed=rationed, clock=lambda: self.now_s)
        index.replace([Route(("shop.box.test",), "shop", "/u", domains)])
        return index


@pytest.fixture
def world() -> World:
    return World()


def admitted(index: AskIndex, names: list[str]) -> int:
    return sum(index.allows(name) for name in names)


def test_allows_names_that_are_served_and_no_others(world: World) -> None:
    """Nobody makes the box fetch a certificate of a name that isn't a project's."""
    index = world.index(CustomHost("example.org"), CustomHost("*.example.net", certified=True))
    for name in ("shop.box.test", "example.org", "a.example.net"):
        assert index.allows(name), name
    for name in ("", "a.example.org", "example.net", "a.b.example.net", "other.box.test", "org"):
        assert not index.allows(name), name


def test_allows_nothing_that_was_removed(world: World) -> None:
    """Removing is immediate, certificate on disk or not."""
    world.on_disk.add("example.org")
    index = world.index(CustomHost("example.org", certified=True))
    assert index.allows("example.org")
    index.replace([])
    assert not index.allows("example.org")


def test_allows_few_new_names_below_a_wildcard(world: World) -> None:
    """Who makes up names below somebody's wildcard does not use up the ration of its owner."""
    index = world.index(CustomHost("*.example.org"))
    names = (f"n{number}.example.org" for number in count())
    total = admitted(index, [next(names) for _ in range(100)])
    assert total == 10
    for _ in range(7):
        world.now_s += 86_400
        total += admitted(index, [next(names) for _ in range(100)])
    assert total <= 50


def test_allows_names_with_a_certificate_without_counting(world: World) -> None:
    """After a restart every name that was served is served again."""
    world.on_disk |= {f"n{number}.example.org" for number in range(100)}
    index = world.index(CustomHost("*.example.org"))
    assert admitted(index, sorted(world.on_disk)) == 100
    assert index.allows("new.example.org")


def test_allows_all_handshakes_of_a_name_that_is_under_way(world: World) -> None:
    """A browser's six connections are one certificate."""
    index = world.index(CustomHost("*.example.org"))
    assert admitted(index, ["a.example.org"] * 60) == 60
    assert admitted(index, [f"n{number}.example.org" for number in range(20)]) == 9


def test_allows_few_attempts_at_a_name_without_certificate(world: World) -> None:
    """A name that the authority refuses is not asked for until it locks the name out."""
    index = world.index(CustomHost("example.org"))
    tries = 0
    for _ in range(60):
        tries += index.allows("example.org")
        world.now_s += 60
    assert tries <= 5 + 5


def test_replace_keeps_what_was_used_up(world: World) -> None:
    """A deploy elsewhere on the box gives no new ration."""
    domain = CustomHost("*.example.org")
    index = world.index(domain)
    admitted(index, [f"n{number}.example.org" for number in range(20)])
    index.replace([Route(("shop.box.test",), "shop", "/u", (domain,)), Route(("b.t",), "b", "/v")])
    assert not index.allows("another.example.org")


def test_allows_without_rations_where_the_authority_is_our_own(world: World) -> None:
    """A laptop's own authority counts nothing."""
    index = world.index(CustomHost("*.example.org"), rationed=False)
    assert admitted(index, [f"n{number}.example.org" for number in range(100)]) == 100
