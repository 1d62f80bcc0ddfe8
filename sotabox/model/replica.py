"""Replicas: the containers of one release that serve side by side."""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

#: Containers of one version; a project's network has room for three versions of so many.
REPLICAS_MOST: Final = 8


class Replica(msgspec.Struct, frozen=True):
    """A container of a deployment, and where it answers (`IP:PORT`)."""

    container_id: str
    address: str


def upstream_of(replicas: Iterable[Replica]) -> str:
    """The upstream that spreads visitors over all of these.

    >>> upstream_of([Replica("a", "10.0.0.2:80"), Replica("b", "10.0.0.3:80")])
    '10.0.0.2:80 10.0.0.3:80'
    """
    return " ".join(replica.address for replica in replicas)


def replace(replicas: Sequence[Replica], ordinal: int, new: Replica) -> tuple[Replica, ...]:
    """These, with `new` at a place, or at the end where there is no such place."""
    return (*replicas[:ordinal], new, *replicas[ordinal + 1 :])
