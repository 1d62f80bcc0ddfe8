"""Archives coming in, as the bytes that each client sends."""

from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Request, post
from litestar.di import NamedDependency

from sotabox.web.box import Box
from sotabox.web.upload import FORM_OVERHEAD_BYTES, receive_archive
from tests.in_process import InProcess, open_site

LIMIT = 100_000
CRLF = b"\r\n"
SDK_BOUNDARY = "----SotaSDKBoundary1712345678901"
GO_BOUNDARY = "4f5c8fd3b8b1c1f0a8d1e4c8d2c3a1b0e7f6d5c4b3a29180706050403020"
GZIP = b"\x1f\x8b\x08\x00" + b"not looked into here" * 10


@post("/v1/take", status_code=200)
async def take(request: Request[Any, Any, Any], box: NamedDependency[Box]) -> dict[str, Any]:
    upload = await receive_archive(request, box.store.folders.uploads, LIMIT)
    content = upload.path.read_bytes()
    upload.path.unlink()
    return {
        "size": upload.size_bytes,
        "same": upload.size_bytes == len(content),
        "start": content[:4].hex(),
        "notes": upload.notes,
        "filename": upload.filename,
    }


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[InProcess]:
    async with open_site(tmp_path, routes=[take]) as site:
        yield site
        assert list(site.box.store.folders.uploads.iterdir()) == [], "an upload was left behind"


def part(
    content: bytes,
    *,
    name: str | None = "archive",
    filename: str | None = "archive.tar.gz",
    kind: str | None = "application/octet-stream",
) -> bytes:
    """One part of a form, in the order of headers of Go's `mime/multipart`."""
    disposition = "Content-Disposition: form-data"
    disposition += f'; name="{name}"' if name is not None else ""
    disposition += f'; filename="{filename}"' if filename is not None else ""
    lines = [disposition.encode()]
    if kind is not None:
        lines.append(f"Content-Type: {kind}".encode())
    return CRLF.join(lines) + CRLF + CRLF + content


def form(*parts: bytes, boundary: str = "b", end: bytes = b"--") -> bytes:
    mark = b"--" + boundary.encode()
    return b"".join(mark + CRLF + one + CRLF for one in parts) + mark + end + CRLF


async def send(
    site: InProcess, body: bytes | AsyncIterator[bytes], boundary: str = "b", **headers: str
) -> httpx.Response:
    kind = f"multipart/form-data; boundary={boundary}"
    return await site.client.post(
        "/v1/take", content=body, headers={"Content-Type": kind} | headers
    )


async def in_pieces(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


def code(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


async def test_upload_of_the_go_client_is_taken(site: InProcess) -> None:
    """The official command line deploys."""
    body = form(part(GZIP), boundary=GO_BOUNDARY)
    response = await send(site, body, GO_BOUNDARY)
    assert response.json() == {
        "size": len(GZIP),
        "same": True,
        "start": "1f8b0800",
        "notes": [],
        "filename": "archive.tar.gz",
    }


async def test_upload_of_the_sdk_is_taken(site: InProcess) -> None:
    """The TypeScript SDK builds its body by hand: this is that body."""
    head = (
        f"--{SDK_BOUNDARY}\r\n"
        'Content-Disposition: form-data; name="archive"; filename="archive.tar.gz"\r\n'
        "Content-Type: application/gzip\r\n\r\n"
    ).encode()
    body = head + GZIP + f"\r\n--{SDK_BOUNDARY}--\r\n".encode()
    response = await send(site, body, SDK_BOUNDARY)
    assert response.json()["size"] == len(GZIP)


async def test_upload_in_chunks_of_one_byte_is_taken(site: InProcess) -> None:
    """However a network cuts a body, it arrives as it was sent."""
    body = form(part(GZIP + b"\r\n--c\r--\r\n-" + GZIP))
    response = await send(site, in_pieces(body[at : at + 1] for at in range(len(body))))
    assert response.json()["size"] == 2 * len(GZIP) + 11
    assert response.json()["same"]


async def test_upload_with_quoted_boundary_is_taken(site: InProcess) -> None:
    """Clients may quote a boundary, and must where it has odd characters."""
    response = await send(site, form(part(GZIP), boundary="a b:c"), '"a b:c"')
    assert response.json()["size"] == len(GZIP)


async def test_upload_with_other_fields_is_taken_and_noted(site: InProcess) -> None:
    """What we don't know is ignored, and the deployment's log says so."""
    other = part(b"main", name="branch", filename=None, kind=None)
    response = await send(site, form(other, part(GZIP), other))
    assert response.json()["size"] == len(GZIP)
    assert response.json()["notes"] == ["Unknown form field 'branch' was ignored"] * 2


async def test_upload_of_exactly_the_limit_is_taken(site: InProcess) -> None:
    """The limit is the largest archive, not the first that is too large."""
    content = GZIP + bytes(LIMIT - len(GZIP))
    assert (await send(site, form(part(content)))).json()["size"] == LIMIT


async def test_upload_of_one_byte_over_the_limit_is_too_large(site: InProcess) -> None:
    """413, with what to do about it."""
    response = await send(site, form(part(GZIP + bytes(LIMIT - len(GZIP) + 1))))
    assert code(response) == (413, "payload_too_large")
    assert "SOTABOX_UPLOAD_MAX_BYTES" in response.json()["error"]["hint"]


async def test_upload_that_announces_too_much_is_refused_unread(site: InProcess) -> None:
    """A length over the limit is enough to know."""
    body = form(part(bytes(LIMIT + FORM_OVERHEAD_BYTES)))
    assert code(await send(site, body)) == (413, "payload_too_large")


async def test_upload_in_chunks_without_end_is_stopped(site: InProcess) -> None:
    """Who announces no length is stopped where the limit is passed, in any field."""
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield b"--b\r\n" + part(b"", name="junk")
        while sent < 50 * LIMIT:
            sent += 10_000
            yield bytes(10_000)

    assert code(await send(site, endless())) == (413, "payload_too_large")


async def test_upload_without_the_field_is_said_to_lack_it(site: InProcess) -> None:
    """The name of the field is the first thing to get wrong."""
    response = await send(site, form(part(GZIP, name="file")))
    assert code(response) == (422, "archive_invalid")
    assert "archive" in response.json()["error"]["message"]
    assert "-F archive=@" in response.json()["error"]["hint"]


async def test_upload_of_a_form_without_parts_lacks_the_field(site: InProcess) -> None:
    """An empty form is a form."""
    assert code(await send(site, b"--b--\r\n")) == (422, "archive_invalid")


async def test_upload_in_a_part_without_a_name_lacks_the_field(site: InProcess) -> None:
    """A part that nobody named is none of ours."""
    assert code(await send(site, form(part(GZIP, name=None)))) == (422, "archive_invalid")


async def test_upload_of_two_archives_is_refused(site: InProcess) -> None:
    """Which one was meant is not guessed."""
    response = await send(site, form(part(GZIP), part(GZIP)))
    assert code(response) == (400, "bad_request")
    assert "two" in response.json()["error"]["message"]


async def test_upload_of_an_empty_archive_is_said_to_be_empty(site: InProcess) -> None:
    """A file of no bytes is a mistake in the sender's script."""
    response = await send(site, form(part(b"")))
    assert code(response) == (422, "archive_invalid")
    assert "empty" in response.json()["error"]["message"]


async def test_upload_of_a_file_name_instead_of_the_file_is_recognised(site: InProcess) -> None:
    """`curl -F archive=app.tar.gz` sends those letters: the `@` is missing."""
    response = await send(site, form(part(b"app.tar.gz", filename=None, kind=None)))
    assert code(response) == (422, "archive_invalid")
    assert "text, not a file" in response.json()["error"]["message"]


@pytest.mark.parametrize(
    "kind", ["application/gzip", "application/json", "application/x-www-form-urlencoded", ""]
)
async def test_upload_of_another_content_type_is_unsupported(site: InProcess, kind: str) -> None:
    """`--data-binary` instead of `-F` is answered with how it is meant."""
    response = await site.client.post("/v1/take", content=GZIP, headers={"Content-Type": kind})
    assert code(response) == (415, "unsupported_media_type")
    assert "-F archive=@" in response.json()["error"]["hint"]


@pytest.mark.parametrize(
    "kind",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        f"multipart/form-data; boundary={'b' * 300}",
        'multipart/form-data; boundary="a\nb"',
    ],
)
async def test_upload_without_a_usable_boundary_is_malformed(site: InProcess, kind: str) -> None:
    """Nothing can be found in a form without its boundary."""
    response = await site.client.post(
        "/v1/take", content=form(part(GZIP)), headers={"Content-Type": kind}
    )
    assert code(response) == (400, "bad_request")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nothing like a form",
        form(part(GZIP), boundary="other"),
        form(part(GZIP))[:-6],
        form(part(GZIP))[:60],
        b"--b\r\nno header\r\n\r\nx\r\n--b--\r\n",
        b"--b\r\n" + b"X: " + b"y" * 10_000 + b"\r\n\r\nx\r\n--b--\r\n",
        form(*[part(b"", name="a")] * 200),
        form(part(GZIP), end=b"??"),
    ],
)
async def test_upload_with_a_broken_form_is_malformed(site: InProcess, body: bytes) -> None:
    """Truncated, mislabelled or hostile: the form is refused, and its file is gone."""
    assert code(await send(site, body)) == (400, "bad_request")
