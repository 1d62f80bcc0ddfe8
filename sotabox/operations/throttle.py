"""How often somebody may try to guess: failures are counted, in memory, for a while."""

from collections import OrderedDict
from typing import Final

from sotabox.errors import RateLimited

WINDOW_S: Final = 15 * 60
GUESSES_MAX: Final = 20  # of somebody who is logged in
_KEYS_MAX: Final = 20_000


class Throttle:
    """Lets `limit` failures of a key pass in a window that begins with the first one."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._failures: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def require(self, key: str, now_s: float) -> None:
        """Stops who has failed too often.

        Raises:
            RateLimited: says when the next attempt will be looked at.
        """
        began_s, count = self._failures.get(key, (now_s, 0))
        wait_s = round(began_s + WINDOW_S - now_s)
        if count >= self._limit and wait_s > 0:
            minutes = max(1, round(wait_s / 60))
            raise RateLimited(
                "Too many attempts",
                retry_after_s=wait_s,
                hint=f"Try again in {minutes} min. On the server, sotabox user setup-link lets "
                "you in at once.",
            )

    def fail(self, key: str, now_s: float) -> None:
        """Counts a failure."""
        began_s, count = self._failures.pop(key, (now_s, 0))
        if now_s - began_s >= WINDOW_S:
            began_s, count = now_s, 0
        self._failures[key] = (began_s, count + 1)
        while len(self._failures) > _KEYS_MAX:
            self._failures.popitem(last=False)

    def forget(self, key: str) -> None:
        """Somebody has shown who they are."""
        self._failures.pop(key, None)
