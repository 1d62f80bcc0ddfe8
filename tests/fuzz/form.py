"""Bytes as the body of a deploy, in pieces of any size: taken as a file, or refused and nothing left.

The first two bytes are the pieces' size and whether the body's length is announced.
"""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from sotabox.errors import SotaboxError
from sotabox.web.upload import receive_archive
from tests.fuzz.world import world

MAX_BYTES = 2000


def _form(*parts: bytes, end: bytes = b"--") -> bytes:
    return b"".join(b"--x\r\n" + part + b"\r\n" for part in parts) + b"--x" + end + b"\r\n"


def _part(disposition: bytes, content: bytes, more: bytes = b"") -> bytes:
    return b"Content-Disposition: form-data; " + disposition + more + b"\r\n\r\n" + content


_ARCHIVE = _part(b'name="archive"; filename="a.tar.gz"', b"\x1f\x8bdata", b"\r\nContent-Type: x/y")
SEEDS = [
    b"\xff\x00" + _form(_ARCHIVE),
    b"\x01\x01" + _form(_part(b'name="csrf"', b"token"), _ARCHIVE),
    b"\x07\x01" + _form(_part(b"name=archive; filename*=UTF-8''a%20b", b"\x1f\x8b"), end=b""),
    b"\x10\x00" + _form(_part(b'name="other"', b"\r\n--x"), _ARCHIVE, _ARCHIVE),
    b"\x20\x00" + _form(_part(b'name="a\\"b"; filename="C:\\\\x"', b"", b"\r\nContent-Length: 9")),
    b"\x40\x00preamble\r\n" + _form(_ARCHIVE) + b"epilogue",
]


def attack(data: bytes) -> None:
    """Sends the body; a file of its size comes of it, or an error for the sender."""
    if len(data) < 2:
        return
    body, step = data[2:], data[0] or 1
    headers = {"content-type": "multipart/form-data; boundary=x"}
    if data[1] & 1:
        headers["content-length"] = str(len(body))
    with world() as root:
        folder = root / "box"
        try:
            asyncio.run(_send(body, step, headers, folder))
        except SotaboxError as error:
            refusal = error
        else:
            return
        assert 400 <= refusal.status < 500
        assert not list(folder.iterdir())


async def _send(body: bytes, step: int, headers: dict[str, str], folder: Path) -> None:
    pieces = [body[at : at + step] for at in range(0, len(body), step)] or [b""]
    last = len(pieces) - 1
    messages = iter(
        {"type": "http.request", "body": piece, "more_body": n < last}
        for n, piece in enumerate(pieces)
    )

    async def receive() -> dict[str, Any]:
        return next(messages)

    request = cast("Any", SimpleNamespace(headers=headers, receive=receive))
    upload = await receive_archive(request, folder, MAX_BYTES, fields=("csrf",))
    assert 0 < upload.size_bytes == upload.path.stat().st_size <= MAX_BYTES
    assert [upload.path] == list(folder.iterdir())
    assert all(len(note) < 200 for note in upload.notes)
