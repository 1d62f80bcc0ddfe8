"""Sealed values and the key file."""

import os
import stat
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sotabox.crypto.sealing import Sealer, load_key
from sotabox.errors import Internal

SEALER = Sealer(bytes(range(32)))


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])), st.text(max_size=40))
def test_sealed_value_opens_in_its_own_row_only(value: str, row: str) -> None:
    """Any text comes back whole; under another row's name it does not open."""
    context = row.encode("utf-8", "replace").decode()
    sealed = SEALER.seal(value, context)
    assert SEALER.open(sealed, context) == value
    with pytest.raises(Internal):
        SEALER.open(sealed, context + "'")


@given(st.binary(max_size=80))
def test_noise_never_opens(noise: bytes) -> None:
    """Whatever stands in the database: our own error, never a library's."""
    with pytest.raises(Internal):
        SEALER.open(noise, "row")
    with pytest.raises(Internal, match="altered"):
        SEALER.open(SEALER.seal("", "row")[:4] + noise, "row")


def test_key_file_is_its_owners_alone(tmp_path: Path) -> None:
    """Made at the first call, the same at the next, and never readable by others."""
    path = tmp_path / "key"
    before = os.umask(0)
    try:
        key = load_key(path)
    finally:
        os.umask(before)
    assert len(key) == 32
    assert load_key(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["key"]


def test_two_who_make_the_key_agree_on_one(tmp_path: Path) -> None:
    """Sixteen starts in the same moment all seal under the key that stays."""
    path = tmp_path / "key"
    ready = threading.Barrier(16)
    keys: list[bytes] = []

    def start() -> None:
        ready.wait()
        keys.append(load_key(path))

    threads = [threading.Thread(target=start) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert keys == [load_key(path)] * 16
    assert [entry.name for entry in tmp_path.iterdir()] == ["key"]


@pytest.mark.parametrize("content", [b"", b"00" * 31, b"00" * 33, b"zz" * 32, b"\xff\xfe" * 32])
def test_file_that_holds_no_key_is_never_replaced(tmp_path: Path, content: bytes) -> None:
    """A damaged key is told, with what to do; a new one would make all that is sealed unreadable."""
    path = tmp_path / "key"
    path.write_bytes(content)
    with pytest.raises(Internal, match="does not hold a key") as caught:
        load_key(path)
    assert "backup" in (caught.value.hint or "")
    assert path.read_bytes() == content


def test_key_with_a_newline_is_read(tmp_path: Path) -> None:
    """An editor's last newline does no harm."""
    path = tmp_path / "key"
    path.write_text("ab" * 32 + "\n")
    assert load_key(path) == b"\xab" * 32
