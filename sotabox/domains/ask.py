"""For which names Caddy may fetch a certificate in a visitor's first handshake.

Caddy asks for each name that it has no certificate of in memory, before it looks for one on disk. The
answer comes from sets in memory, renewed with each change of the routes.

Certificates are rationed by their authority: 50 a week for a registered domain, five failures an hour
for a name (Let's Encrypt, 2025). A wildcard lets strangers make names up, so new ones below it are
bounded; so are attempts at a name that has none yet. See docs/decisions/007.
"""

import time
from collections.abc import Callable, Iterable
from typing import Final

from sotabox.model.domain import WILDCARD
from sotabox.router.terms import Route

_NEW_NAMES: Final = 10
_NEW_NAME_EVERY_S: Final = 86_400 / 5
_ATTEMPTS: Final = 5
_ATTEMPT_EVERY_S: Final = 720.0
#: Handshakes that come while a certificate is on its way ask as well.
_UNDER_WAY_S: Final = 30.0


class _Budget:
    """So many at once, and another one every so often."""

    def __init__(self, size: int, every_s: float, now_s: float) -> None:
        self._size = size
        self._every_s = every_s
        self._left = float(size)
        self._at_s = now_s

    def take(self, now_s: float) -> bool:
        grown = self._left + (now_s - self._at_s) / self._every_s
        self._left, self._at_s = min(grown, self._size), now_s
        if self._left < 1:
            return False
        self._left -= 1
        return True


class AskIndex:
    """The names that this box serves, for the question of Caddy."""

    def __init__(
        self,
        has_certificate: Callable[[str], bool],
        *,
        rationed: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """An empty index.

        Args:
            has_certificate: whether one of a name lies on disk.
            rationed: whether an authority counts; our own does not.
        """
        self._has_certificate = has_certificate
        self._rationed = rationed
        self._clock = clock
        self._free = frozenset[str]()
        self._budgets: dict[str, _Budget] = {}
        self._under_way: dict[str, float] = {}

    def replace(self, routes: Iterable[Route]) -> None:
        """From here on the names are those of `routes`, and no others."""
        free, budgets, now_s = set[str](), dict[str, _Budget](), self._clock()
        for route in routes:
            free.update(route.hosts)
            for domain in route.domains:
                if domain.certified and not domain.is_wildcard:
                    free.add(domain.name)
                elif domain.is_wildcard:
                    fresh = _Budget(_NEW_NAMES, _NEW_NAME_EVERY_S, now_s)
                    budgets[domain.name] = self._budgets.get(domain.name, fresh)
                else:
                    fresh = _Budget(_ATTEMPTS, _ATTEMPT_EVERY_S, now_s)
                    budgets[domain.name] = self._budgets.get(domain.name, fresh)
        self._free, self._budgets = frozenset(free), budgets

    def allows(self, name: str) -> bool:
        """Whether Caddy may have a certificate of `name` now."""
        if name in self._free:
            return True
        budget = self._budgets.get(name) or self._budgets.get(WILDCARD + name.partition(".")[2])
        if budget is None:
            return False
        now_s = self._clock()
        if not self._rationed or self._is_under_way(name, now_s) or self._has_certificate(name):
            return True
        if not budget.take(now_s):
            return False
        self._under_way[name] = now_s
        return True

    def _is_under_way(self, name: str, now_s: float) -> bool:
        old = [key for key, at_s in self._under_way.items() if now_s - at_s > _UNDER_WAY_S]
        for key in old:
            del self._under_way[key]
        return name in self._under_way
