"""Many readers of one deployment's live log, each of which says what it got."""

import asyncio
import hashlib
import time
from contextlib import closing
from dataclasses import dataclass, field
from typing import Final

from tests.box import Box

_LIMIT_BYTES: Final = 2**20  # of a line; the box's own limit is far below


@dataclass
class Reader:
    """What one reader has got: how many lines, their digest, and when the first came."""

    lines: int = 0
    first_at_s: float = 0.0
    ended: bool = False
    _digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    @property
    def digest(self) -> str:
        return self._digest.hexdigest()

    async def read(self, box: Box, slug: str, deployment_id: str, timeout_s: float) -> None:
        """Reads to the stream's end, or raises TimeoutError."""
        async with asyncio.timeout(timeout_s):
            source, sink = await asyncio.open_connection(
                "127.0.0.1", box.api_port, limit=_LIMIT_BYTES
            )
            with closing(sink):
                path = f"/v1/projects/{slug}/deployments/{deployment_id}/logs/stream"
                sink.write(
                    f"GET {path} HTTP/1.0\r\nHost: localhost\r\n"
                    f"Authorization: Bearer {box.key}\r\n\r\n".encode()
                )
                async for line in source:
                    self._take(line)

    def _take(self, line: bytes) -> None:
        if line.startswith(b"data: "):
            self.lines += 1
            self.first_at_s = self.first_at_s or time.monotonic()
            self._digest.update(line)
        elif line.startswith(b"event: end"):
            self.ended = True


async def read_all(
    box: Box, slug: str, deployment_id: str, count: int, timeout_s: float
) -> list[Reader]:
    """That many readers at once, each to its end."""
    readers = [Reader() for _ in range(count)]
    async with asyncio.TaskGroup() as group:
        for reader in readers:
            group.create_task(reader.read(box, slug, deployment_id, timeout_s))
    return readers


def check_exact(readers: list[Reader]) -> None:
    """Each was told the end, and all got the same lines."""
    assert all(reader.ended for reader in readers), "a reader was cut off before the end"
    assert len({(reader.lines, reader.digest) for reader in readers}) == 1, "readers differ"
