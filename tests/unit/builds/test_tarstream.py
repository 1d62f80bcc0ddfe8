"""Reading a .tar.gz as a stream, held against the standard library's reader and writer."""

import gzip
import io
import tarfile
import tracemalloc
import zlib
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sotabox.builds.archive import Entry, Kind
from sotabox.builds.tarstream import GzipStream, TarStream
from sotabox.errors import ArchiveInvalid

LIMIT = 10_000_000


def read(data: bytes, limit_bytes: int = LIMIT) -> list[tuple[Entry, bytes]]:
    stream = TarStream(GzipStream(io.BytesIO(data), limit_bytes))
    return [(entry, b"".join(stream.content())) for entry in stream]


def pack(*members: tuple[tarfile.TarInfo, bytes], format_: int = tarfile.PAX_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=format_) as tar:
        for info, content in members:
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def member(name: str, content: bytes = b"", **fields: object) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    for key, value in fields.items():
        setattr(info, key, value)
    return info, content


NAMES = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=300).filter(
    lambda name: name.strip("/") == name
)


@given(
    st.lists(st.tuples(NAMES, st.binary(max_size=2000)), min_size=1, max_size=5),
    st.sampled_from([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT]),
    st.integers(1, 9),
)
def test_tarstream_reads_what_the_library_writes(
    files: list[tuple[str, bytes]], format_: int, level: int
) -> None:
    """Any tar that usual tools make comes out as it went in: long names, any content."""
    data = gzip.compress(pack(*(member(n, c) for n, c in files), format_=format_), level)
    assert [(entry.name, content) for entry, content in read(data)] == files


def test_tarstream_fields_are_read_from_every_format() -> None:
    """Mode, time, size and links mean the same in USTAR, GNU and PAX."""
    for format_ in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        data = pack(
            member("d", type=tarfile.DIRTYPE, mode=0o700),
            member("d/run", b"x" * 700, mode=0o755, mtime=1_700_000_000),
            member("l", type=tarfile.SYMTYPE, linkname="d/run"),
            member("h", type=tarfile.LNKTYPE, linkname="d/run"),
            member("p", type=tarfile.FIFOTYPE),
            member("c", type=tarfile.CHRTYPE),
            format_=format_,
        )
        entries = [entry for entry, _ in read(gzip.compress(data))]
        assert [entry.kind for entry in entries] == [
            Kind.DIRECTORY, Kind.FILE, Kind.SYMLINK, Kind.HARDLINK, Kind.FIFO, Kind.DEVICE,
        ]  # fmt: skip
        assert entries[1] == Entry("d/run", Kind.FILE, 700, 0o755, 1_700_000_000)
        assert (entries[2].link, entries[3].link) == ("d/run", "d/run")


def test_tarstream_unread_content_is_skipped() -> None:
    """Checking alone needs no content."""
    data = gzip.compress(pack(member("a", b"x" * 300_000), member("b")))
    stream = TarStream(GzipStream(io.BytesIO(data), LIMIT))
    assert [entry.name for entry in stream] == ["a", "b"]


#: No time of day within, as the names of tests are made of these: each worker must find the same.
compress = partial(gzip.compress, mtime=0)
GOOD = compress(pack(member("a", b"x" * 5000), member("b", bytes(range(256)) * 40)))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04 a zip", "not gzip"),
        (b"\x1f\x8b", "cut short"),
        (GOOD[:40], "cut short"),
        (GOOD[:-1], "cut short"),
        (GOOD[:-5] + bytes([GOOD[-5] ^ 1]) + GOOD[-4:], "damaged"),
        (GOOD + b"tail", "after the end"),
        (compress(b""), "no tar archive"),
        (compress(b"hello"), "no tar archive"),
        (compress(b"hello" * 1000), "no tar archive"),
        (compress(pack(member("a", b"x" * 5000))[:1000]), "cut short"),
        (compress(pack(member("a"))[:512] + b"garbage" * 100), "checksum"),
    ],
)
def test_tarstream_damaged_archive_says_what_is_wrong(data: bytes, message: str) -> None:
    """Each kind of damage has its own words, and a hint."""
    with pytest.raises(ArchiveInvalid, match=message) as caught:
        read(data)
    assert caught.value.hint


@given(st.integers(0, len(GOOD) - 1))
def test_tarstream_cut_anywhere_is_noticed(length: int) -> None:
    """An upload that ended early is never taken for a smaller app."""
    with pytest.raises(ArchiveInvalid):
        read(GOOD[:length])


@given(st.binary(max_size=3000))
def test_tarstream_noise_is_refused_in_order(noise: bytes) -> None:
    """Garbage inside a gzip is an error for the person, never one of ours."""
    for data in (noise, gzip.compress(noise), gzip.compress(pack(member("a"))[:512] + noise)):
        try:
            read(data)
        except ArchiveInvalid:
            continue
        assert data != noise


def test_tarstream_several_gzip_members_are_one_stream() -> None:
    """Parallel compressors write several members, some pad with zeros."""
    tar = pack(member("a", b"x" * 3000))
    data = gzip.compress(tar[:1000]) + gzip.compress(tar[1000:]) + bytes(512)
    assert read(data)[0][1] == b"x" * 3000


def test_tarstream_missing_end_marker_is_forgiven() -> None:
    """Some archivers leave the two empty blocks at the end out."""
    assert len(read(gzip.compress(pack(member("a", b"x"))[:1024]))) == 1


def test_tarstream_sparse_file_is_refused() -> None:
    """A map of holes could claim any size."""
    records = {"GNU.sparse.major": "1", "GNU.sparse.realsize": "99999999999"}
    with pytest.raises(ArchiveInvalid, match="sparse"):
        read(gzip.compress(pack(member("a", pax_headers=records))))
    with pytest.raises(ArchiveInvalid, match="sparse"):
        read(gzip.compress(pack(member("a", type=tarfile.GNUTYPE_SPARSE))))


def bomb(size_bytes: int) -> bytes:
    """A gzip of one huge file of zeros."""
    compress = zlib.compressobj(9, zlib.DEFLATED, 31)
    info = tarfile.TarInfo("zeros")
    info.size = size_bytes
    parts = [compress.compress(info.tobuf())]
    block = bytes(1_000_000)
    parts += [compress.compress(block) for _ in range(size_bytes // len(block))]
    parts.append(compress.flush())
    return b"".join(parts)


def test_tarstream_bomb_ends_at_the_limit_with_flat_memory() -> None:
    """A few kilobytes that unpack to a lot cost neither memory nor disk."""
    data = bomb(200_000_000)
    tracemalloc.start()
    with pytest.raises(ArchiveInvalid, match="more than this box takes"):
        for _ in TarStream(GzipStream(io.BytesIO(data), 100_000_000)):
            pass
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 5_000_000


@pytest.mark.parametrize("kind", [b"x", b"g", b"L", b"K"])
def test_tarstream_huge_header_is_refused_unread(kind: bytes) -> None:
    """A name or a PAX record of gigabytes is not read into memory."""
    info = tarfile.TarInfo("long")
    info.type, info.size = kind, 2_000_000_000
    with pytest.raises(ArchiveInvalid, match="header is 2000000000 bytes"):
        read(gzip.compress(info.tobuf(tarfile.GNU_FORMAT) + bytes(5000)))


def extension(kind: bytes, data: bytes) -> bytes:
    info = tarfile.TarInfo("extension")
    info.type, info.size = kind, len(data)
    return info.tobuf(tarfile.GNU_FORMAT) + data + bytes(-len(data) % 512)


def record(key: str, value: str) -> bytes:
    body = f" {key}={value}\n"
    length = len(body) + len(str(len(body)))
    return f"{length + (len(str(length)) > len(str(len(body))))}{body}".encode()


@pytest.mark.parametrize("kind", [b"x", b"g"])
def test_tarstream_records_that_nobody_reads_are_not_kept(kind: bytes) -> None:
    """Each header may name other attributes, and a global one counts for the whole archive."""
    value = "v" * 60_000
    headers = (compress(extension(kind, record(f"k{n}", value))) for n in range(200))
    data = b"".join([*headers, compress(pack(member("a")))])
    tracemalloc.start()
    assert [entry.name for entry, _ in read(data, 20_000_000)] == ["a"]
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 5_000_000


def test_tarstream_more_headers_than_files_are_refused() -> None:
    """Headers without end before one file cost a processor, and say nothing."""
    headers = compress(extension(b"x", record("path", "a" * 1000)) * 1000)
    data = headers * 12 + compress(pack(member("a")))
    with pytest.raises(ArchiveInvalid, match="more headers than files"):
        read(data, 100_000_000)


def test_tarstream_pieces_without_end_are_refused() -> None:
    """A gzip file may be many, each of which costs more than the twenty bytes it takes."""
    with pytest.raises(ArchiveInvalid, match="more pieces"):
        read(compress(b"") * 70_000 + GOOD)
