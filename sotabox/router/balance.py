"""Several containers behind one file: how Caddy spreads requests over the addresses that it holds.

The upstream file stays the only thing that a swap replaces, so that all replicas change in one rename
and nothing is reloaded. It holds their addresses, with a space between. A route has a number of slots;
a `map` handler gives each of them an address, read from the file whenever it is dialled. The slots take
turns at the addresses, so that whatever number of these a file holds is right for a route with two
slots or more. A route with one slot dials what the file says, which must be one address then.

So that every replica has the same share, the number of slots is one that all numbers of replicas which
a project has had divide. Caddy is reloaded when a project has a number for the first time that does
not divide it, and never for going back and forth.

Source: Caddy's JSON reference, `http.handlers.map`, `http.reverse_proxy`, version 2.11.
"""

from collections.abc import Iterable
from math import lcm
from typing import Any, Final

from sotabox.model.replica import REPLICAS_MOST

Json = dict[str, Any]

#: Numbers of replicas that have no smaller multiple in common share this many, nearly evenly.
SLOTS_MOST: Final = 24
_ADDRESS: Final = "([^ ]+)"


def slot_count(numbers: Iterable[int]) -> int:
    """The slots of a route that has, has had or will have these numbers of replicas.

    >>> slot_count([1, 3]), slot_count([2, 3]), slot_count([5, 7])
    (3, 6, 24)
    """
    return min(lcm(*numbers), SLOTS_MOST)


def slot_names(project_id: str, count: int) -> list[str]:
    """The placeholders that stand for the addresses of a project's replicas.

    Caddy counts requests by these names, whichever route they are in: so each project has its own.
    """
    return [f"{{replica.{project_id}.{slot}}}" for slot in range(count)]


def slots(project_id: str, upstream_file: str, count: int) -> Json:
    """The handler that knows, in each request anew, which address each slot has."""
    return {
        "handler": "map",
        "source": f"{{file.{upstream_file}}}",
        "destinations": slot_names(project_id, count),
        "mappings": [
            {
                "input_regexp": f"^{' '.join([_ADDRESS] * held)}$",
                "outputs": [f"${{{slot % held + 1}}}" for slot in range(count)],
            }
            for held in range(1, REPLICAS_MOST + 1)
        ],
    }


def count_addresses(upstream: str | None) -> int:
    """How many addresses an upstream file holds; 1 where there is none.

    >>> count_addresses("10.0.0.2:80 10.0.0.3:80")
    2
    """
    return 1 if upstream is None else len(upstream.split(" "))
