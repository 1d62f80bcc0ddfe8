"""The feed: what happens to the projects that somebody sees, followed from any point."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from sotabox.events import Bus
from sotabox.model.feed import FeedEvent
from sotabox.operations.actor import Actor
from sotabox.store.store import Store

_BATCH: Final = 100


@dataclass(frozen=True, slots=True)
class Start:
    """Where a reader begins: after this id; `lost` says that it missed what is not kept any more."""

    after: int
    lost: bool = False


async def start(store: Store, after: int | None) -> Start:
    """Where a reader goes on who has seen all up to `after`; None: with what comes from now on."""
    oldest, newest = await store.feed.bounds()
    if after is None:
        return Start(newest)
    if after > newest:  # of another box, or of this one before a backup was put back
        return Start(newest, lost=True)
    return Start(after, lost=after < oldest - 1)


async def follow(
    store: Store, bus: Bus, actor: Actor, after: int
) -> AsyncIterator[list[FeedEvent]]:
    """Events after the id `after`, as they come, until the box closes.

    The table is the truth; the bus only says that there may be more.
    """
    with bus.subscribe() as news:
        async for event in _news_and_now(news.__aiter__()):
            del event
            while batch := await store.feed.after(
                after, None if actor.sees_all else actor.user.id, _BATCH
            ):
                after = batch[-1].id
                yield batch


async def _news_and_now(news: AsyncIterator[object]) -> AsyncIterator[object]:
    yield None
    async for event in news:
        yield event
