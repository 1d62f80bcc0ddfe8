"""The file of a backup: whole, or refused with the reason."""

import io
import tarfile
from pathlib import Path

import pytest

from sotabox.errors import Invalid, SotaboxError
from sotabox.upkeep.bundle import Manifest, files_below, unpack, writing

FILES = {"key": b"k" * 64, "archives/d1.tar.gz": b"x" * 700_000, "empty": b""}


def nothing() -> None:
    pass


def bundle_of(folder: Path, passphrase: str | None) -> bytes:
    target = io.BytesIO()
    with writing(target, passphrase, nothing) as bundle:
        for name, content in FILES.items():
            path = folder / "source"
            path.write_bytes(content)
            assert bundle.add(name, path)
        assert not bundle.add("gone", folder / "gone")
        bundle.finish(
            Manifest(
                version="0",
                made_at="2026-03-01T00:00:00.000Z",
                instance_id="box",
                domain="box.test",
                rows={},
                parts=bundle.parts,
            )
        )
    return target.getvalue()


@pytest.mark.parametrize("passphrase", [None, "open sesame"])
def test_what_was_put_in_comes_out(tmp_path: Path, passphrase: str | None) -> None:
    """Each file as it was, readable by its owner only."""
    data = bundle_of(tmp_path, passphrase)
    target = tmp_path / "target"
    target.mkdir()
    manifest = unpack(io.BytesIO(data), passphrase, target, nothing)
    assert manifest.parts.keys() == FILES.keys()
    for name, content in FILES.items():
        assert (target / name).read_bytes() == content
        assert (target / name).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("passphrase", [None, "open sesame"])
@pytest.mark.parametrize("kept", [0, 10, 1000, 300_000, 700_000, 0.5, -11_000])
def test_a_backup_that_was_cut_off_is_refused(
    tmp_path: Path, passphrase: str | None, kept: float
) -> None:
    """Wherever it ends, nobody takes it for a whole one."""
    data = bundle_of(tmp_path, passphrase)
    size = int(len(data) * kept) if isinstance(kept, float) else kept
    target = tmp_path / "target"
    target.mkdir()
    with pytest.raises(Invalid):
        unpack(io.BytesIO(data[:size]), passphrase, target, nothing)


@pytest.mark.parametrize("passphrase", [None, "open sesame"])
@pytest.mark.parametrize("at", [560, 5_000, 400_000, 650_000])
def test_a_changed_byte_is_found(tmp_path: Path, passphrase: str | None, at: int) -> None:
    """A backup whose disk went bad is refused, not restored."""
    data = bytearray(bundle_of(tmp_path, passphrase))
    data[at] ^= 1
    target = tmp_path / "target"
    target.mkdir()
    with pytest.raises(Invalid):
        unpack(io.BytesIO(bytes(data)), passphrase, target, nothing)


def test_another_passphrase_or_none_says_what_is_needed(tmp_path: Path) -> None:
    """The person learns that it is the passphrase, not the file."""
    data = bundle_of(tmp_path, "open sesame")
    with pytest.raises(Invalid, match="passphrase is not the one"):
        unpack(io.BytesIO(data), "open barley", tmp_path, nothing)
    with pytest.raises(Invalid, match="is encrypted"):
        unpack(io.BytesIO(data), None, tmp_path, nothing)


@pytest.mark.parametrize("name", ["../evil", "/evil", "a/../../evil"])
def test_a_member_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    """A file that somebody made up writes nowhere but below the target."""
    target = tmp_path / "target"
    target.mkdir()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        info = tarfile.TarInfo(name)
        info.size = 1
        tar.addfile(info, io.BytesIO(b"x"))
    buffer.seek(0)
    with pytest.raises(SotaboxError, match="no backup"):
        unpack(buffer, None, target, nothing)
    assert not (tmp_path / "evil").exists()


def test_links_and_locks_are_not_kept(tmp_path: Path) -> None:
    """Of a folder only what it needs: files, not what points elsewhere."""
    (tmp_path / "locks").mkdir()
    (tmp_path / "locks" / "a.lock").touch()
    (tmp_path / "b.crt").touch()
    (tmp_path / "c").symlink_to("b.crt")
    assert list(files_below(tmp_path)) == [tmp_path / "b.crt"]
    assert list(files_below(tmp_path / "none")) == []
