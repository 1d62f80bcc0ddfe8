"""Takes an archive in: a multipart body, streamed to a file of ours with flat memory.

Three clients decide what is accepted: the Go command line (a part of `application/octet-stream`), the
TypeScript SDK (a body made by hand, `application/gzip`) and curl (`-F archive=@…`, chunked as well).
"""

import secrets
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from litestar import Request
from multipart import (  # type: ignore[import-untyped]
    MultipartError,
    MultipartSegment,
    PushMultipartParser,
    parse_options_header,
)

from sotabox.errors import ArchiveInvalid, BadRequest, TooLarge, UnsupportedMediaType
from sotabox.operations.archives import Upload
from sotabox.web.body import chunks, content_length

FIELD: Final = "archive"
#: What boundaries, headers and other fields of the form may add to the archive.
FORM_OVERHEAD_BYTES: Final = 64 * 1024
_NOTES_MAX: Final = 10
_PARTS_MAX: Final = 100
_GZIP: Final = b"\x1f\x8b"
_HINT: Final = f"With curl: -F {FIELD}=@app.tar.gz"


async def receive_archive(
    request: Request[Any, Any, Any], directory: Path, max_bytes: int, *, fields: Sequence[str] = ()
) -> Upload:
    """The archive of a deploy request, as a file in `directory` that is the caller's from now on.

    Of the form's other fields, those named in `fields` are kept, as text.

    Raises:
        UnsupportedMediaType: the body is no form with files.
        TooLarge: archive or form are over the limit; said before reading where it can be known.
        BadRequest: the body is broken, ends early, or brings two archives.
        ArchiveInvalid: there is no archive in it, or an empty one.
    """
    parser = _parser(request)
    whole_max_bytes = max_bytes + FORM_OVERHEAD_BYTES
    if (content_length(request) or 0) > whole_max_bytes:
        raise _too_large(max_bytes)
    began = time.monotonic()
    received = 0
    with _Form(directory / f"{secrets.token_hex(8)}.upload", max_bytes, fields) as form:
        try:
            async for piece in chunks(request):
                received += len(piece)
                for event in parser.parse(piece):
                    form.take(event)
                if received > whole_max_bytes:
                    raise _too_large(max_bytes)
            parser.close()
        except MultipartError as error:
            raise BadRequest(f"The form in the body is broken: {error}", hint=_HINT) from error
        form.finish()
    return Upload(
        path=form.path,
        size_bytes=form.size_bytes,
        duration_ms=round((time.monotonic() - began) * 1000),
        notes=tuple(form.notes),
        filename=form.filename,
        fields={name: value.decode("utf-8", "replace") for name, value in form.fields.items()},
    )


class _Form:
    """What has come of a form: the archive's bytes in a file, the rest only as notes.

    As a context it removes the file where the block fails. Writing from the event loop is right
    here: 64 KiB into the page cache take less time than handing them to a thread.
    """

    def __init__(self, path: Path, max_bytes: int, fields: Sequence[str]) -> None:
        self.path = path
        self.size_bytes = 0
        self.notes: list[str] = []
        self._max_bytes = max_bytes
        self.fields: dict[str, bytearray] = {}
        self._wanted = frozenset(fields)
        self._field: bytearray | None = None
        self._found: MultipartSegment | None = None
        self._in_archive = False
        self._start = b""

    def __enter__(self) -> Self:
        self._file = self.path.open("xb", buffering=0)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()
        if error is not None:
            self.path.unlink()

    def take(self, event: MultipartSegment | bytes | bytearray | None) -> None:
        """Takes the parser's next event: a part's head, a piece of it, or its end (None)."""
        if isinstance(event, MultipartSegment):
            self._begin(event)
        elif event is None:
            self._in_archive, self._field = False, None
        elif self._in_archive:
            self._write(event)
        elif self._field is not None:
            self._field += event
            if len(self._field) > FORM_OVERHEAD_BYTES:
                raise BadRequest("A field of the form is too long")

    @property
    def filename(self) -> str:
        """What the archive's part calls itself; empty where it does not."""
        return (self._found.filename if self._found else None) or ""

    def finish(self) -> None:
        """Checks, at the form's end, that an archive has come."""
        if self._found is None:
            raise ArchiveInvalid(f"The form has no field {FIELD!r}", hint=_HINT)
        if self._found.filename is None and self._start != _GZIP:
            raise ArchiveInvalid(f"The field {FIELD!r} holds text, not a file", hint=_HINT)
        if self.size_bytes == 0:
            raise ArchiveInvalid(
                f"The file in {FIELD!r} is empty: it has no bytes", hint="It must be a .tar.gz."
            )

    def _begin(self, segment: MultipartSegment) -> None:
        self._in_archive = segment.name == FIELD
        if segment.name in self._wanted:
            self._field = self.fields[segment.name] = bytearray()
        elif not self._in_archive:
            if len(self.notes) < _NOTES_MAX:
                self.notes.append(f"Unknown form field {segment.name[:50]!r} was ignored")
        elif self._found is not None:
            raise BadRequest(f"The form has two fields {FIELD!r}: send one archive")
        else:
            self._found = segment

    def _write(self, piece: bytes | bytearray) -> None:
        self.size_bytes += len(piece)
        if self.size_bytes > self._max_bytes:
            raise _too_large(self._max_bytes)
        if len(self._start) < len(_GZIP):
            self._start = (self._start + piece[: len(_GZIP)])[: len(_GZIP)]
        rest = memoryview(piece)
        while rest:
            rest = rest[self._file.write(rest) :]


def _parser(request: Request[Any, Any, Any]) -> PushMultipartParser:
    boundary = _boundary(request)
    try:
        return PushMultipartParser(boundary, max_segment_count=_PARTS_MAX)
    except MultipartError as error:
        raise BadRequest("The Content-Type header names no usable boundary", hint=_HINT) from error


def _boundary(request: Request[Any, Any, Any]) -> str:
    # Read from the header itself: the SDK's boundary starts with dashes and has capitals.
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != "multipart/form-data":
        said = f"not as {kind}" if kind else "and say so in Content-Type"
        raise UnsupportedMediaType(
            f"The archive must come as a field of multipart/form-data, {said[:100]}", hint=_HINT
        )
    boundary: str | None = options.get("boundary")
    if not boundary or not boundary.isascii() or len(boundary) > 200:
        raise BadRequest("The Content-Type header names no usable boundary", hint=_HINT)
    return boundary


def _too_large(max_bytes: int) -> TooLarge:
    return TooLarge(
        f"The archive is larger than {max_bytes:,} bytes, the most that this box accepts",
        hint="Leave out what is built or downloaded (node_modules, .git), "
        "or raise SOTABOX_UPLOAD_MAX_BYTES.",
    )
