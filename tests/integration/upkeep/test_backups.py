"""Backups by the clock: brought to a store, and told outside when they fail."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from sotabox.cli.main import run
from sotabox.crypto.tokens import sign
from sotabox.events import Bus
from sotabox.settings import Settings
from sotabox.store.folders import Folders
from sotabox.store.store import Store
from sotabox.upkeep.backups import Alert, Backups
from sotabox.upkeep.record import BackupRecord, read_record, write_record
from sotabox.webhooks.alerts import Alerts
from tests.integration.upkeep.s3 import Server
from tests.integration.webhooks.receiver import OK, receiving

WITHIN_S = 60
REFUSED = b"HTTP/1.1 500 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@pytest.fixture
async def folders(tmp_path: Path) -> Folders:
    """Those of a box that was started once."""
    store = await Store.open(tmp_path / "box", Bus())
    store.folders.instance_id()
    await store.close()
    return store.folders


def stored_at(server: Server, tmp_path: Path, folder: str) -> Settings:
    secret = tmp_path / "secret"
    secret.write_text(server.secret + "\n")
    return replace(
        Settings(),
        backup_store=f"s3://{server.bucket}/{folder}",
        backup_store_endpoint=server.endpoint,
        backup_store_region=server.region,
        backup_store_key_id=server.key_id,
        backup_store_secret_file=secret,
    )


@asynccontextmanager
async def at_work(backups: Backups) -> AsyncIterator[None]:
    task = asyncio.create_task(backups.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def wait_for(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not condition():
            await asyncio.sleep(0.05)


class Ears:
    """Takes alerts in, unless told not to."""

    def __init__(self, *, deaf: bool = False) -> None:
        self.deaf = deaf
        self.heard: list[str] = []

    async def __call__(self, event: str, message: str) -> bool:
        self.heard.append(event)
        assert message
        return not self.deaf


async def test_scheduled_backup_goes_to_the_store_and_comes_back_of_it(
    folders: Folders, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was tried out is what the store gives; nothing stays here, and a fresh box is made of it."""
    settings, ears = stored_at(server, tmp_path, "clock"), Ears()
    async with at_work(Backups(settings, folders, ears)):
        await wait_for(lambda: read_record(folders.backup_record).made_at is not None)
    record = read_record(folders.backup_record)
    assert record.problem is None
    assert record.rehearsal_s > 0
    assert str(record.file).startswith(f"s3://{server.bucket}/clock/sotabox-")
    assert list((folders.root / "outgoing").iterdir()) == []
    assert ears.heard == []

    for name in ("store", "store_endpoint", "store_region", "store_key_id", "store_secret_file"):
        monkeypatch.setenv(
            f"SOTABOX_BACKUP_{name.upper()}", str(getattr(settings, f"backup_{name}"))
        )
    fresh = tmp_path / "fresh"
    command = ["restore", f"s3://{server.bucket}/clock", "--data-dir", str(fresh)]
    assert await asyncio.to_thread(run, command) == 0
    assert Folders(fresh).instance_id() == folders.instance_id()


async def test_failure_is_told_until_it_is_heard_and_once(folders: Folders, tmp_path: Path) -> None:
    """Whoever was away hears it later; a box that is started again does not repeat itself."""
    settings = replace(Settings(), backup_dir=tmp_path / "unmounted")
    ears = Ears(deaf=True)
    async with at_work(Backups(settings, folders, ears)):
        await wait_for(lambda: ears.heard == ["backup.failed"])
    assert not read_record(folders.backup_record).alerted
    ears.deaf = False
    async with at_work(Backups(settings, folders, ears)):
        await wait_for(lambda: read_record(folders.backup_record).alerted)
    assert ears.heard == ["backup.failed"] * 2
    assert "is no folder" in str(read_record(folders.backup_record).problem)


async def test_recovery_is_told(folders: Folders, tmp_path: Path) -> None:
    """The all-clear comes with the first good backup."""
    write_record(folders.backup_record, BackupRecord(problem="gone", alerted=True))
    ears = Ears()
    async with at_work(Backups(replace(Settings(), backup_dir=tmp_path), folders, ears)):
        await wait_for(lambda: ears.heard == ["backup.recovered"])
        await wait_for(lambda: not read_record(folders.backup_record).alerted)


async def test_alert_is_posted_and_signed(tmp_path: Path) -> None:
    """Its receiver can check who sends, as with webhooks."""
    secret = tmp_path / "secret"
    secret.write_text("whsec\n")
    async with receiving(OK, REFUSED) as receiver:
        url = f"http://127.0.0.1:{receiver.port}/"
        settings = replace(Settings(), domain="box.test", alert_url=url, alert_secret_file=secret)
        alerts = Alerts(settings, "1.0")
        send: Alert = alerts.send
        try:
            assert await send("backup.failed", "the disk is full")
            (received,) = await receiver.wait_for(1)
            assert not await send("backup.failed", "the disk is full")
        finally:
            await alerts.close()
    assert received.header("X-Sota-Event") == "backup.failed"
    assert received.header("X-Sota-Signature") == f"sha256={sign(received.body, 'whsec')}"
    body = json.loads(received.body)
    assert body["event"] == "backup.failed"
    assert body["data"] == {"domain": "box.test", "message": "the disk is full"}
