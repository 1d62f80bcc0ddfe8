"""Server-sent events, as bytes.

The official command line reads lines and prints those that start with `data: `, the space included;
what it should not print is written as `data:`, which means the same to every real parser.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from typing import Final

PING: Final = b": ping\n\n"
MEDIA_TYPE: Final = "text/event-stream"
#: Nothing between us and the reader may keep the stream back.
HEADERS: Final = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}

_BREAKS: Final = str.maketrans({"\r": " ", "\n": " "})


def line_event(text: str, id_: int | str) -> bytes:
    """An event of one line; what would start another field in it becomes a space."""
    return f"id: {id_}\ndata: {text.translate(_BREAKS)}\n\n".encode()


def silent_event(name: str, text: str) -> bytes:
    """A named event for programs, which the command line does not print."""
    return f"event: {name}\ndata:{text.translate(_BREAKS)}\n\n".encode()


def marker(name: str, id_: int | str) -> bytes:
    """A named event without content, from whose id a reader can go on."""
    return f"id: {id_}\nevent: {name}\ndata:\n\n".encode()


def retry(after_ms: int) -> bytes:
    """Tells a browser when to come back after a broken connection."""
    return f"retry: {after_ms}\n\n".encode()
