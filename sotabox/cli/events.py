"""Server-sent events, read from bytes as they come (pure).

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Event:
    """An event; `id` is the newest id seen so far, from which a broken stream goes on."""

    name: str
    data: str
    id: str | None


def parse_events(chunks: Iterable[bytes]) -> Iterator[Event]:
    r"""The events in the bytes of a stream; a torso at its end is left out.

    >>> list(parse_events([b"id: 7\nda", b"ta: hello\n\n: ping\n\n"]))
    [Event(name='message', data='hello', id='7')]
    """
    name, newest = "message", None
    data: list[str] = []
    for line in _lines(chunks):
        if not line:
            if data:
                yield Event(name, "\n".join(data), newest)
            name, data = "message", []
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            data.append(value)
        elif field == "event":
            name = value
        elif field == "id":
            newest = value


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    # By newline alone: what else Python takes for a line's end may stand within a log line.
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line.decode(errors="replace").removesuffix("\r")
