"""Backups in an S3-compatible store: a real server that checks each signature."""

import io
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from sotabox.errors import Invalid, NotFound, Unavailable
from sotabox.settings import Settings
from sotabox.upkeep.object_store import ObjectStore
from sotabox.upkeep.places import download, newest, opened_store, remove_old, upload
from sotabox.upkeep.sigv4 import Credentials
from tests.integration.upkeep.s3 import Server

PART_BYTES = 5 * 1024 * 1024  # the least that a store takes


@pytest.fixture
def store(server: Server) -> Iterator[ObjectStore]:
    credentials = Credentials(server.key_id, server.secret, server.region)
    prefix = f"box {secrets.token_hex(4)}/é"
    with closing(
        ObjectStore(server.endpoint, server.bucket, prefix, credentials, part_bytes=PART_BYTES)
    ) as store:
        yield store


def test_file_of_several_parts_comes_back_as_it_was(store: ObjectStore) -> None:
    """Larger than what is kept in memory, with a name that needs encoding."""
    content = os.urandom(2 * PART_BYTES + 12345)
    store.put("a b+c.sotabox-backup", io.BytesIO(content))
    target = io.BytesIO()
    store.get("a b+c.sotabox-backup", target)
    assert target.getvalue() == content
    assert store.names() == ["a b+c.sotabox-backup"]
    store.delete("a b+c.sotabox-backup")
    assert store.names() == []


def test_upload_that_is_cut_off_leaves_nothing(store: ObjectStore) -> None:
    """Neither a name nor parts that somebody pays for; not even after kill -9."""

    class Cut(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() >= PART_BYTES:
                raise OSError("the disk is gone")
            return super().read(size)

    with pytest.raises(OSError, match="gone"):
        store.put("x", Cut(bytes(2 * PART_BYTES)))
    assert (store.names(), begun(store)) == ([], 0)
    killed = replace(store, prefix="killed")
    assert begun(killed) == 1
    killed.clear_parts()
    assert (killed.names(), begun(killed)) == ([], 0)


def begun(store: ObjectStore) -> int:
    """How many uploads the store still waits for the end of."""
    query = {"uploads": "", "prefix": f"{store.prefix}/"}
    return store._call("GET", "", query).text.count("<Upload>")


def test_more_names_than_one_answer_holds_are_all_told(store: ObjectStore) -> None:
    """Retention must see the oldest, too."""
    assert replace(store, prefix="many", page=2).names() == ["0", "1", "2", "3", "4"]


def test_wrong_secret_is_refused_in_words(store: ObjectStore) -> None:
    """The store's own answer, and which settings to look at."""
    wrong = replace(store, credentials=replace(store.credentials, secret="wrong"))
    with pytest.raises(Invalid, match="refuses") as caught:
        wrong.names()
    assert "SOTABOX_BACKUP_STORE" in str(caught.value.hint)


def test_missing_bucket_and_missing_store_are_told_apart(
    store: ObjectStore, free_port: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One has to be made, the other may come back."""
    monkeypatch.setattr("sotabox.upkeep.object_store._PAUSE_S", 0.0)
    with pytest.raises(NotFound, match="nothere"):
        replace(store, bucket="nothere").put("x", io.BytesIO(b"x"))
    with pytest.raises(Unavailable, match="can't be reached"):
        replace(store, endpoint=f"http://127.0.0.1:{free_port()}").names()


def test_backups_of_a_box_are_kept_loaded_and_counted(server: Server, tmp_path: Path) -> None:
    """The newest ones stay, and the last is what a restore takes; others' are left alone."""
    secret = tmp_path / "secret"
    secret.write_text(server.secret + "\n")
    settings = replace(
        Settings(),
        backup_store=f"s3://{server.bucket}/kept",
        backup_store_endpoint=server.endpoint,
        backup_store_region=server.region,
        backup_store_key_id=server.key_id,
        backup_store_secret_file=secret,
    )
    with opened_store(settings) as store:
        for day in (1, 2, 3):
            file = tmp_path / f"sotabox-aa-2026010{day}T000000Z.sotabox-backup"
            file.write_text(f"day {day}")
            upload(store, file)
        remove_old(store, "aa", 2)
        remove_old(store, "bb", 1)
        assert [name[17:19] for name in store.names()] == ["02", "03"]
        download(store, newest(store), tmp_path / "loaded")
    assert (tmp_path / "loaded").read_text() == "day 3"


def test_store_without_a_key_says_which_settings_are_missing() -> None:
    """Before anything is made or sent."""
    settings = replace(Settings(), backup_store="s3://bucket")
    with pytest.raises(Invalid, match="access key"), opened_store(settings):
        pass
