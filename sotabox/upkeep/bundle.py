"""The file of a backup: a plain tar whose last member says what all others must be.

    instance-id, key                  who this box is, and how its sealed values are opened
    sotabox.db                        a consistent copy of the database
    archives/{deployment}.tar.gz      what may have to be built again
    router/caddy/…                    certificates, their keys, accounts with authorities
    logs/{deployment}.log             if wanted
    manifest.json                     size and SHA-256 of each; without it the file was cut off

With a passphrase the whole tar is encrypted (`sotabox.crypto`).
"""

import hashlib
import io
import tarfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final, cast

import msgspec

from sotabox.crypto.encrypted_file import ENCRYPTED_MARK, EncryptedReader, EncryptedWriter
from sotabox.errors import Invalid

MANIFEST: Final = "manifest.json"
_FORMAT: Final = 1
_MANIFEST_MAX_BYTES: Final = 64_000_000
_BUFFER_BYTES: Final = 256 * 1024

#: Called between chunks; may raise to end the work.
Pulse = Callable[[], None]


class Part(msgspec.Struct, frozen=True):
    """What a member of the tar must be. `sha256` in hex."""

    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup holds.

    Attributes:
        version: of the sotabox that made it; made_at: RFC 3339.
        domain: of the box, for whoever sets up the next machine.
        rows: of some tables, by name.
        missing: deployments whose archive was not there any more.
    """

    format: int = _FORMAT
    version: str
    made_at: str
    instance_id: str
    domain: str
    rows: Mapping[str, int]
    missing: tuple[str, ...] = ()
    parts: Mapping[str, Part]


class BundleWriter:
    """Puts files into a backup, noting what each of them was."""

    def __init__(self, tar: tarfile.TarFile, pulse: Pulse) -> None:
        self.parts: dict[str, Part] = {}
        self._tar = tar
        self._pulse = pulse

    def add(self, name: str, path: Path) -> bool:
        """Adds a file as it is now; False where it isn't there.

        Raises:
            OSError: it can't be read, or changed its size meanwhile.
        """
        try:
            file = path.open("rb")
        except FileNotFoundError:
            return False
        with file:
            info = self._tar.gettarinfo(arcname=name, fileobj=file)
            info.mode, info.uid, info.gid, info.uname, info.gname = 0o600, 0, 0, "", ""
            info.mtime = int(info.mtime)  # a fraction takes a header of its own
            metered = _Metered(file, self._pulse)
            self._tar.addfile(info, cast("BinaryIO", metered))
        self.parts[name] = Part(metered.size, metered.sha256.hexdigest())
        return True

    def finish(self, manifest: Manifest) -> None:
        """Adds the manifest: from here on it is a backup."""
        text = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
        info = tarfile.TarInfo(MANIFEST)
        info.size, info.mode = len(text), 0o600
        self._tar.addfile(info, io.BytesIO(text))


@contextmanager
def writing(target: BinaryIO, passphrase: str | None, pulse: Pulse) -> Iterator[BundleWriter]:
    """A backup that is written into `target` by the block, encrypted where there is a passphrase."""
    if passphrase is None:
        with tarfile.open(fileobj=target, mode="w|", format=tarfile.PAX_FORMAT) as tar:
            yield BundleWriter(tar, pulse)
        return
    with (
        EncryptedWriter(target, passphrase) as encrypted,
        tarfile.open(fileobj=encrypted, mode="w|", format=tarfile.PAX_FORMAT) as tar,
    ):
        yield BundleWriter(tar, pulse)


def unpack(source: BinaryIO, passphrase: str | None, target: Path, pulse: Pulse) -> Manifest:
    """Writes a backup's members below `target`, an empty folder, and holds each to the manifest.

    Raises:
        Invalid: it is no backup, is damaged or cut off, or needs another passphrase.
    """
    found: dict[str, Part] = {}
    manifest: Manifest | None = None
    try:
        with tarfile.open(fileobj=_opened(source, passphrase), mode="r|") as tar:
            for member in tar:
                content = tar.extractfile(member)
                if content is None:
                    raise Invalid(f"This is no backup of sotabox: {member.name} is no file")
                if member.name == MANIFEST:
                    manifest = _read_manifest(content.read(_MANIFEST_MAX_BYTES))
                    continue
                found[member.name] = _write(content, _path_of(member.name, target), pulse)
    except tarfile.TarError as error:
        raise Invalid(f"This is no backup of sotabox, or it was cut off: {error}") from error
    if manifest is None:
        raise Invalid("This backup was cut off: its manifest is missing")
    if wrong := sorted(
        name
        for name in found.keys() | manifest.parts
        if found.get(name) != manifest.parts.get(name)
    ):
        raise Invalid(f"This backup is damaged: {', '.join(wrong[:5])}")
    return manifest


def _opened(source: BinaryIO, passphrase: str | None) -> BinaryIO:
    encrypted = source.read(len(ENCRYPTED_MARK)) == ENCRYPTED_MARK
    source.seek(0)
    if not encrypted:
        return source
    if passphrase is None:
        raise Invalid(
            "This backup is encrypted", hint="Give its passphrase: --passphrase-file FILE."
        )
    return cast("BinaryIO", io.BufferedReader(EncryptedReader(source, passphrase), _BUFFER_BYTES))


def _read_manifest(text: bytes) -> Manifest:
    try:
        manifest = msgspec.json.decode(text, type=Manifest)
    except msgspec.DecodeError as error:
        raise Invalid(f"This backup's manifest can't be read: {error}") from error
    if manifest.format != _FORMAT:
        raise Invalid(
            f"This backup was made by sotabox {manifest.version}, in a format not known here",
            hint="Restore it with that version or a newer one.",
        )
    return manifest


def _path_of(name: str, target: Path) -> Path:
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts:
        raise Invalid(f"This is no backup of sotabox: it holds {name!r}")
    return target.joinpath(*parts)


def _write(content: object, path: Path, pulse: Pulse) -> Part:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    metered = _Metered(cast("BinaryIO", content), pulse)
    with path.open("xb") as file:
        path.chmod(0o600)
        while chunk := metered.read(_BUFFER_BYTES):
            file.write(chunk)
    return Part(metered.size, metered.sha256.hexdigest())


class _Metered:
    """Reads a file, counting and digesting what it gives."""

    def __init__(self, file: BinaryIO, pulse: Pulse) -> None:
        self.size = 0
        self.sha256 = hashlib.sha256()
        self._file = file
        self._pulse = pulse

    def read(self, size: int = -1) -> bytes:
        self._pulse()
        chunk = self._file.read(size)
        self.size += len(chunk)
        self.sha256.update(chunk)
        return chunk


def files_below(folder: Path) -> Iterator[Path]:
    """The regular files below a folder that need to be kept, in their order."""
    with suppress(FileNotFoundError):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink() and "locks" not in path.parts:
                yield path
