"""How far a reader has come in the logs of several containers, as the id of an event says it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from sotabox.engine.frames import nanoseconds, stamp
from sotabox.operations.app_lines import AppLine

_STREAMS: Final = ("stdout", "stderr")
_NAME: Final = 12  # digits of a container's id that tell it apart
_LONGEST: Final = 2000
_PLACE: Final = re.compile(r"([0-9a-f]{12}):([0-9a-f]{1,16})\.([0-9a-f]{1,16})")


@dataclass(slots=True)
class Seen:
    """The last line that somebody has of each stream of each container.

    One moment for all would lose lines: what another container, or the other stream of the same one,
    stamped a little earlier may come a little later. Each stream by itself is in order.

    Attributes:
        since: nanoseconds since 1970 from which on lines of a container are new that is met first.
    """

    since: int = 0
    _until: dict[str, list[int]] = field(default_factory=dict)

    def meet(self, container_ids: Iterable[str]) -> None:
        """These are read from now on, and no others: what was replaced has nothing to tell."""
        names = [id_[:_NAME] for id_ in container_ids]
        fresh = [self.since] * len(_STREAMS)
        self._until = {name: self._until.get(name, fresh.copy()) for name in names}

    def since_of(self, container_id: str) -> str | None:
        """Whatever the reader lacks of a container was stamped later; None: nothing was seen."""
        earliest = min(self._until[container_id[:_NAME]])
        return stamp(earliest) if earliest else None

    def lacks(self, line: AppLine) -> bool:
        """Whether the reader has not had this line."""
        return nanoseconds(line.at) > self._until[line.container_id[:_NAME]][_stream(line)]

    def advance(self, line: AppLine) -> None:
        """The reader has had this line."""
        self._until[line.container_id[:_NAME]][_stream(line)] = nanoseconds(line.at)

    def id_after(self, line: AppLine) -> str:
        """The id of the event of a line: when it was printed, and from where to go on."""
        self.advance(line)
        places = (f"{name}:{out:x}.{err:x}" for name, (out, err) in self._until.items())
        return f"{line.at} {','.join(places)}"


def read_position(text: str) -> Seen | None:
    """What the id of an event says; None where it says only a time, or isn't one.

    >>> read_position("2026-03-01T12:00:00.000000000Z 00000000000a:1f.0").since_of("00000000000a")
    >>> read_position("2026-03-01T12:00:00.000000000Z 00000000000a:1f.2").since_of("00000000000a")
    '1970-01-01T00:00:00.000000002Z'
    """
    _, _, places = text.partition(" ")
    found = [_PLACE.fullmatch(place) for place in places.split(",")]
    if len(text) > _LONGEST or None in found:
        return None
    return Seen(0, {place[1]: [int(place[2], 16), int(place[3], 16)] for place in found if place})


def _stream(line: AppLine) -> int:
    return _STREAMS.index(line.stream)
