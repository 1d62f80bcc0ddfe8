"""The bus: nobody waits for a slow listener, and a slow listener knows that it is one."""

import asyncio

from sotabox.events import QUEUE_LENGTH, Bus, Event, Lagged, ProjectChanged, Subscription


def news(number: int) -> ProjectChanged:
    return ProjectChanged(str(number))


async def all_of(subscription: Subscription) -> list[Event]:
    async with asyncio.timeout(5):
        return [event async for event in subscription]


async def test_subscriber_hears_all_in_order_from_its_beginning_on() -> None:
    """What was published before is not for it; what comes after is, in order."""
    bus = Bus()
    bus.publish(news(0))
    with bus.subscribe() as one, bus.subscribe() as two:
        for i in range(1, 4):
            bus.publish(news(i))
        bus.close()
        assert await all_of(one) == [news(1), news(2), news(3)]
        assert await all_of(two) == [news(1), news(2), news(3)]


async def test_slow_subscriber_is_told_that_it_missed_something() -> None:
    """It loses what waited, hears `Lagged` first, and then what is newest; others lose nothing."""
    bus = Bus()
    with bus.subscribe() as slow:
        for i in range(QUEUE_LENGTH + 1):
            bus.publish(news(i))
        bus.publish(news(-1))
        bus.close()
        assert await all_of(slow) == [Lagged(), news(QUEUE_LENGTH), news(-1)]


async def test_queue_that_is_just_full_loses_nothing() -> None:
    """The bound itself is still within it."""
    bus = Bus()
    with bus.subscribe() as subscription:
        for i in range(QUEUE_LENGTH - 1):
            bus.publish(news(i))
        bus.close()
        assert len(await all_of(subscription)) == QUEUE_LENGTH - 1


async def test_end_reaches_a_subscriber_whose_queue_is_full() -> None:
    """Its stream finishes, or the box could not stop."""
    bus = Bus()
    with bus.subscribe() as slow:
        for i in range(QUEUE_LENGTH):
            bus.publish(news(i))
        bus.close()
        assert await all_of(slow) == [Lagged()]


async def test_news_after_the_end_does_not_overwrite_it() -> None:
    """However much is published while the box stops."""
    bus = Bus()
    with bus.subscribe() as subscription:
        bus.publish(news(0))
        bus.close()
        for i in range(2 * QUEUE_LENGTH):
            bus.publish(news(i))
        assert await all_of(subscription) == [news(0)]


async def test_subscription_to_a_closed_bus_is_at_its_end() -> None:
    """A stream that opens while the box stops does not hold it up."""
    bus = Bus()
    bus.close()
    with bus.subscribe() as late:
        assert await all_of(late) == []


async def test_who_left_is_forgotten() -> None:
    """A stream that ended costs nothing any more."""
    bus = Bus()
    with bus.subscribe():
        pass
    assert bus._subscriptions == set()
