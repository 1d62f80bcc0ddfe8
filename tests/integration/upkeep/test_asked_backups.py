"""A backup that a person asked for: made by whoever makes those that are due."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from sotabox.events import Bus
from sotabox.model.times import now
from sotabox.settings import Settings
from sotabox.store.store import Store
from sotabox.upkeep.backups import Backups
from sotabox.upkeep.kept import kept_backups
from sotabox.upkeep.record import BackupRecord, read_record, write_record

WITHIN_S = 60


async def test_backup_that_was_asked_for_is_made_before_its_time(tmp_path: Path) -> None:
    """One asked for now is made now, is tried out like any other, and ends by itself."""
    store = await Store.open(tmp_path / "box", Bus())
    folders = store.folders
    instance_id = folders.instance_id()
    await store.close()
    (tmp_path / "kept").mkdir()
    write_record(folders.backup_record, BackupRecord(tried_at=now(), made_at=now()))

    async def unheard(_event: str, _message: str) -> bool:
        return True

    backups = Backups(replace(Settings(), backup_dir=tmp_path / "kept"), folders, unheard)
    task = asyncio.create_task(backups.run())
    try:
        assert not backups.under_way
        backups.ask()
        assert backups.under_way
        async with asyncio.timeout(WITHIN_S):
            while backups.under_way:
                await asyncio.sleep(0.05)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    [kept] = kept_backups(tmp_path / "kept", instance_id)
    record = read_record(folders.backup_record)
    assert record.file == str(tmp_path / "kept" / kept.name)
    assert record.size_bytes == kept.size_bytes
    assert record.rehearsal_s > 0
    assert not kept.encrypted
