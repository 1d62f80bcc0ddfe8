"""Reads a `.tar.gz` as a stream, with memory that no archive can make grow.

Not `tarfile`: it reads PAX records and long names of any declared size into memory, keeps every
member of a stream, and follows sparse maps; bounding that would need its private methods. A tar is
blocks of 512 bytes, which is little to read and easy to be strict about.

Source: POSIX.1-2017 `pax`, "ustar Interchange Format"; GNU tar's manual, "Basic Tar Format"; RFC 1952.
"""

import zlib
from collections.abc import Iterator
from typing import BinaryIO, Final

from sotabox.builds.archive import Entry, Kind, show
from sotabox.errors import ArchiveInvalid

BLOCK: Final = 512
CHUNK: Final = 256 * 1024
#: PAX records and long names; far above what any path needs.
EXTENSION_MAX_BYTES: Final = 64 * 1024
#: All of them together: some for the whole archive, and so many for each entry.
_EXTENSIONS_MAX_BYTES: Final = 16 * 1024 * 1024
_EXTENSIONS_OF_ENTRY_BYTES: Final = 2048
#: Members of one gzip file, as `cat a.gz b.gz` and block compressors make them.
_MEMBERS_MAX: Final = 65_536
#: PAX records that say something to us; others (times, attributes) may be any number.
_READ: Final = ("path", "linkpath", "size", "mtime")
_SPARSE: Final = "GNU.sparse"
_ZEROS: Final = bytes(BLOCK)
_KINDS: Final = {
    b"0": Kind.FILE, b"\0": Kind.FILE, b"7": Kind.FILE, b"5": Kind.DIRECTORY, b"2": Kind.SYMLINK,
    b"1": Kind.HARDLINK, b"3": Kind.DEVICE, b"4": Kind.DEVICE, b"6": Kind.FIFO,
}  # fmt: skip
_EXTENSIONS: Final = frozenset({b"x", b"g", b"L", b"K"})
_TRUNCATED: Final = "The archive ends in the middle: it was cut short on its way"
_AGAIN: Final = "Upload it again; test it with: tar -tzf app.tar.gz"
_NOT_TAR: Final = "The file is gzip, but there is no tar archive in it"


class GzipStream:
    """The uncompressed bytes of a gzip file, read in order; at most `limit_bytes` of them.

    Raises:
        ArchiveInvalid: from `read` and `drain`: not gzip, cut short, damaged, or too much.
    """

    def __init__(self, file: BinaryIO, limit_bytes: int) -> None:
        self._file = file
        self._left_bytes = limit_bytes
        self._inflate = zlib.decompressobj(31)
        self._pending = file.read(CHUNK)
        self._ready = b""
        self._position = 0
        self._members = 1
        if not self._pending:
            raise ArchiveInvalid("The archive is empty", hint=_AGAIN)
        if not self._pending.startswith(b"\x1f\x8b"):
            raise ArchiveInvalid(
                "The file is not gzip", hint="Send a .tar.gz: tar -czf app.tar.gz -C app ."
            )

    def read(self, size: int) -> bytes:
        """The next `size` bytes; fewer only at the end."""
        parts = []
        while size:
            if self._position == len(self._ready) and not self._fill():
                break
            part = self._ready[self._position : self._position + size]
            self._position += len(part)
            size -= len(part)
            parts.append(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def drain(self) -> None:
        """Reads to the end, so that the checksum is verified."""
        while self._fill():
            pass

    def _fill(self) -> bool:
        """Makes more bytes ready; False at the end."""
        while True:
            if self._inflate.eof and not self._next_member():
                return False
            # A full chunk may have left more inside, without any input.
            if not self._pending and len(self._ready) < CHUNK:
                self._pending = self._file.read(CHUNK)
                if not self._pending:
                    raise ArchiveInvalid(_TRUNCATED, hint=_AGAIN)
            try:
                self._ready = self._inflate.decompress(self._pending, CHUNK)
            except zlib.error as error:
                raise ArchiveInvalid(f"The archive is damaged ({error})", hint=_AGAIN) from error
            self._pending = self._inflate.unconsumed_tail or self._inflate.unused_data
            self._position = 0
            self._count(len(self._ready))
            if self._ready:
                return True

    def _count(self, size: int) -> None:
        self._left_bytes -= size
        if self._left_bytes < 0:
            raise ArchiveInvalid(
                "The archive unpacks to more than this box takes",
                hint="Leave out data and build output, or raise SOTABOX_UNPACKED_MAX_BYTES.",
            )

    def _next_member(self) -> bool:
        """Whether another gzip member follows; zeros at the end are padding."""
        while not (rest := self._pending.lstrip(b"\0")):
            if not (more := self._file.read(CHUNK)):
                return False
            self._pending = more
        self._pending = rest
        if not self._pending.startswith(b"\x1f"):
            raise ArchiveInvalid("There is something after the end of the archive", hint=_AGAIN)
        self._members += 1
        if self._members > _MEMBERS_MAX:
            raise ArchiveInvalid("The archive is in more pieces than any tool makes", hint=_AGAIN)
        self._inflate = zlib.decompressobj(31)
        return True


class TarStream:
    """The entries of a tar, in order; an entry's content may be read before the next is asked for."""

    def __init__(self, stream: GzipStream) -> None:
        self._stream = stream
        self._content_left = 0
        self._extensions_left = _EXTENSIONS_MAX_BYTES

    def __iter__(self) -> Iterator[Entry]:
        extended: dict[str, str] = {}
        for_all: dict[str, str] = {}
        seen = False
        while (header := self._header(first=not seen)) is not None:
            seen = True
            kind = header[156:157]
            if kind in _EXTENSIONS:
                record = self._extension(_number(header[124:136]))
                match kind:
                    case b"g":
                        for_all.update(_records(record))
                    case b"x":
                        extended.update(_records(record))
                    case _:
                        name = "path" if kind == b"L" else "linkpath"
                        extended[name] = _text(record.split(b"\0", 1)[0])
                continue
            entry = _entry(header, kind, {**for_all, **extended})
            extended = {}
            self._extensions_left += _EXTENSIONS_OF_ENTRY_BYTES
            self._content_left = entry.size_bytes
            yield entry
            for _ in self.content():
                pass
            self._take(-entry.size_bytes % BLOCK)
        if extended:
            raise ArchiveInvalid(_TRUNCATED, hint=_AGAIN)
        self._stream.drain()

    def content(self) -> Iterator[bytes]:
        """What is left of the current entry's content, in chunks."""
        while self._content_left:
            part = self._take(min(self._content_left, CHUNK))
            self._content_left -= len(part)
            yield part

    def _extension(self, size: int) -> bytes:
        if not 0 <= size <= EXTENSION_MAX_BYTES:
            raise ArchiveInvalid(f"An entry's header is {size} bytes long", hint=_AGAIN)
        self._extensions_left -= BLOCK + size
        if self._extensions_left < 0:
            raise ArchiveInvalid("The archive has more headers than files", hint=_AGAIN)
        record = self._take(size)
        self._take(-size % BLOCK)
        return record

    def _header(self, *, first: bool) -> bytes | None:
        block = self._stream.read(BLOCK)
        if not block and not first:
            return None  # some archivers leave the end marker out
        if len(block) < BLOCK:
            raise ArchiveInvalid(_NOT_TAR if first else _TRUNCATED, hint=_AGAIN)
        if block == _ZEROS:
            return None
        if not _is_header(block):
            message = _NOT_TAR if first else "The archive is damaged (a header's checksum is wrong)"
            raise ArchiveInvalid(message, hint=_AGAIN)
        return block

    def _take(self, size: int) -> bytes:
        data = self._stream.read(size)
        if len(data) < size:
            raise ArchiveInvalid(_TRUNCATED, hint=_AGAIN)
        return data


def _is_header(block: bytes) -> bool:
    """Whether the block's checksum fits: its bytes' sum, the checksum's own taken as blanks.

    Some old archivers added the bytes as signed numbers.
    """
    text = block[148:156].split(b"\0", 1)[0].strip()
    if not text or not set(text) <= set(b"01234567"):
        return False
    rest = block[:148] + b" " * 8 + block[156:]
    high = sum(1 for byte in rest if byte > 127)
    return int(text, 8) in (sum(rest), sum(rest) - 256 * high)


def _entry(header: bytes, kind: bytes, records: dict[str, str]) -> Entry:
    name = _field(header[:100])
    if header[257:263] == b"ustar\0" and (prefix := _field(header[345:500])):
        name = f"{prefix}/{name}"
    name = records.get("path", name)
    if _SPARSE in records or kind == b"S":
        raise ArchiveInvalid(
            f"The entry '{show(name)}' is a sparse file", hint="Pack it without tar's --sparse."
        )
    size = _decimal(records["size"]) if "size" in records else _number(header[124:136])
    mtime = records.get("mtime")
    found = _KINDS.get(kind, Kind.OTHER)
    if found is Kind.FILE and name.endswith("/"):
        found = Kind.DIRECTORY  # as archives before POSIX mark one
    return Entry(
        name=name,
        kind=found,
        size_bytes=size if found is Kind.FILE else 0,
        mode=_number(header[100:108]),
        mtime_s=_decimal(mtime.partition(".")[0]) if mtime else _number(header[136:148]),
        link=records.get("linkpath", _field(header[157:257])),
    )


def _records(data: bytes) -> dict[str, str]:
    """PAX records: `{length} {key}={value}` and a line feed, the length counting itself.

    Only those that are read: what others there are would be kept for the whole archive.
    """
    records = {}
    at = 0
    while at < len(data):
        digits, space, _ = data[at : at + 20].partition(b" ")
        if not space or not digits.isdigit() or not 0 < int(digits) <= len(data) - at:
            raise ArchiveInvalid("The archive is damaged (a PAX header)", hint=_AGAIN)
        record = data[at : at + int(digits)]
        at += len(record)
        key, equals, value = record[len(digits) + 1 : -1].partition(b"=")
        if not equals or not record.endswith(b"\n"):
            raise ArchiveInvalid("The archive is damaged (a PAX header)", hint=_AGAIN)
        name = _text(key)
        if name in _READ:
            records[name] = _text(value)
        elif name.startswith(_SPARSE):
            records[_SPARSE] = ""
    return records


def _number(field: bytes) -> int:
    """An octal number, or GNU's binary form (first bit set) for what needs more digits."""
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    if field[0] == 0xFF:
        return int.from_bytes(field[1:], "big") - (1 << 8 * (len(field) - 1))
    text = field.split(b"\0", 1)[0].strip()
    if not text:
        return 0
    try:
        return int(text, 8)
    except ValueError as error:
        raise ArchiveInvalid("The archive is damaged (a header's number)", hint=_AGAIN) from error


def _decimal(text: str) -> int:
    # `isdigit` alone is true for a superscript two, and `int` has no idea what that is.
    if not (text.isascii() and text.removeprefix("-").isdigit()) or len(text) > 20:
        raise ArchiveInvalid("The archive is damaged (a PAX header's number)", hint=_AGAIN)
    return int(text)


def _field(field: bytes) -> str:
    return _text(field.split(b"\0", 1)[0])


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
