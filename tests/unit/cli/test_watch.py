"""A stream that is followed over what happens to the box meanwhile."""

from collections.abc import Callable, Iterator

import pytest

from sotabox.cli import watch
from sotabox.cli.events import Event
from sotabox.errors import Unavailable

HOUR_S = 3600.0


class Clock:
    """Time that passes when somebody sleeps, or says so."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def monotonic(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds


class Streams:
    """A box that gives one stream after the other; after the last one it is away."""

    def __init__(self, clock: Clock, *streams: Callable[[Clock], Iterator[Event]]) -> None:
        self._clock = clock
        self._streams = list(streams)
        self.asked: list[str | None] = []

    def events(self, path: str, after: str | None) -> Iterator[Event]:
        self.asked.append(after)
        if not self._streams:
            raise Unavailable(f"{path} can't be reached")
        yield from self._streams.pop(0)(self._clock)


def speaks(*ids: str) -> Callable[[Clock], Iterator[Event]]:
    return lambda _: (Event("message", f"line {id_}", id_) for id_ in ids)


def is_silent_and_breaks(clock: Clock) -> Iterator[Event]:
    clock.now_s += HOUR_S
    yield from ()
    raise Unavailable("The stream broke off")


def is_away(_: Clock) -> Iterator[Event]:
    yield from ()
    raise Unavailable("Connection refused")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(watch, "time", made)
    return made


def test_log_is_followed_over_a_restart_also_after_an_hour_of_silence(clock: Clock) -> None:
    """An app that says nothing for an hour, and a box that is then upgraded, end no `logs -f`."""
    box = Streams(clock, speaks("1"), is_silent_and_breaks, *[is_away] * 20, speaks("2"))
    heard = watch.messages(box, "/logs", lambda: len(box.asked) > 22)  # type: ignore[arg-type]
    assert [event.data for event in heard] == ["line 1", "line 2"]
    assert box.asked[:2] == [None, "1"]


def test_box_that_stays_away_is_given_up(clock: Clock) -> None:
    """After a minute without an answer, the command says that the box can't be reached."""
    box = Streams(clock, speaks("1"))
    began_s = clock.now_s
    with pytest.raises(Unavailable, match="can't be reached"):
        list(watch.messages(box, "/logs", lambda: False))  # type: ignore[arg-type]
    assert 60 < clock.now_s - began_s < 65
