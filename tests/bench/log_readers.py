"""A build that writes fast, and many who read it live: is each given all, and how long does it take.

The floor is one reader of the same build. Each writes its lines within one step of a Dockerfile.
"""

import asyncio
import secrets
import time
from typing import Final

from tests.bench.log_stream import check_exact, read_all
from tests.bench.table import show
from tests.box import Box, running_box

READERS: Final = 500
LINES: Final = 2_000
ROUNDS: Final = 3
_TIMEOUT_S: Final = 300
_BASE: Final = "sotabox-test/busybox:1"


def talker(lines: int) -> dict[str, str]:
    """An app whose build says that many lines; no two are built from one cache."""
    step = f"RUN echo {secrets.token_hex(8)}; i=0; while [ $i -lt {lines} ]; do echo line $i; i=$((i+1)); done"
    serve = 'CMD ["httpd", "-f", "-p", "8080", "-h", "/www"]'
    return {
        "Dockerfile": f"FROM {_BASE}\n{step}\nCOPY index.html /www/\nEXPOSE 8080\n{serve}\n",
        "index.html": "<h1>hello</h1>",
    }


def run(readers: int = READERS, lines: int = LINES, rounds: int = ROUNDS) -> None:
    """Prints until the last reader has all, of one reader and of many, and the first line's time."""
    one: list[float] = []
    many: list[float] = []
    first: list[float] = []
    with running_box() as box:
        box.create("talker")
        _read(box, 1, lines)  # what is loaded at the first time is loaded
        for _ in range(rounds):
            seconds, _ = _read(box, 1, lines)
            one.append(seconds)
            seconds, waited = _read(box, readers, lines)
            many.append(seconds)
            first += waited
    show(
        f"A build of {lines:,} lines, from accepted to read to the end",
        [("one reader", one), (f"{readers:,} readers, all exact", many)],
    )
    show(
        "From accepted to a reader's first line",
        [(f"each of {readers:,} readers", first)],
        "ms",
        compared=False,
    )


def _read(box: Box, readers: int, lines: int) -> tuple[float, list[float]]:
    answer = box.upload("talker", talker(lines))
    began = time.monotonic()
    assert answer.status == 202, answer.body
    found = asyncio.run(read_all(box, "talker", answer.data["id"], readers, _TIMEOUT_S))
    seconds = time.monotonic() - began
    check_exact(found)
    assert found[0].lines >= lines, found[0].lines
    box.settled("talker", answer.data["id"])
    return seconds, [1000 * (reader.first_at_s - began) for reader in found]
