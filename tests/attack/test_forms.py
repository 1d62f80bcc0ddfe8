"""Multipart bodies of any structure through the real receiver: refused or taken, and nothing left."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from litestar import Request, post
from litestar.di import NamedDependency

from sotabox.web.box import Box
from sotabox.web.upload import receive_archive
from tests.in_process import open_site

MAX_BYTES = 2000


@post("/take")
async def take(request: Request[Any, Any, Any], box: NamedDependency[Box]) -> dict[str, int]:
    """Takes an archive in and drops it."""
    upload = await receive_archive(request, box.store.folders.uploads, MAX_BYTES, fields=("csrf",))
    upload.path.unlink()
    return {"size": upload.size_bytes}


_NAMES = st.sampled_from(["archive", "csrf", "other", "", 'a"b', "archive\0", "\u00e9", "x" * 300])
_HEADS = st.builds(
    lambda name, file, more: f'Content-Disposition: form-data; name="{name}"{file}{more}'.encode(),
    _NAMES,
    st.sampled_from(
        ["", '; filename="a.tar.gz"', '; filename="../../x"', "; filename*=UTF-8''%00"]
    ),
    st.sampled_from(
        ["", "\r\nContent-Type: application/gzip", "\r\nContent-Length: 9", "\r\n:", "\n"]
    ),
)
_PIECES = st.sampled_from(
    [
        b"--x\r\n",
        b"--x--\r\n",
        b"\r\n--x\r\n",
        b"\r\n--x--",
        b"\r\n\r\n",
        b"--x",
        b"\n",
        b"\x1f\x8b",
    ]
)
_BODIES = st.lists(_HEADS | _PIECES | st.binary(max_size=3000), max_size=12).map(b"".join)
_FORMS = st.lists(st.tuples(_HEADS, st.binary(max_size=900)), max_size=5).map(
    lambda parts: b"".join(b"--x\r\n" + h + b"\r\n\r\n" + c + b"\r\n" for h, c in parts) + b"--x--"
)


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[tuple[httpx.AsyncClient, Path]]:
    async with open_site(tmp_path, routes=[take]) as site:
        yield site.client, site.box.store.folders.uploads


@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(_BODIES | _FORMS, st.integers(1, 700))
async def test_form_of_any_structure_is_taken_or_refused(
    client: tuple[httpx.AsyncClient, Path], body: bytes, step: int
) -> None:
    """No body, in whatever pieces it comes, is a fault of ours, and no refused one leaves a file."""

    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, len(body), step):
            yield body[at : at + step]

    http, uploads = client
    headers = {"content-type": "multipart/form-data; boundary=x"}
    answer = await http.post("/take", content=pieces(), headers=headers)
    assert answer.status_code == 201 or 400 <= answer.status_code < 500
    if answer.status_code == 201:
        assert 0 < answer.json()["size"] <= MAX_BYTES
    assert list(uploads.iterdir()) == []
