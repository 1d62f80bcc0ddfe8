"""Deployments that are taken in while the box is in trouble."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from sotabox.fault_points import FaultPoint
from sotabox.operations import archives
from sotabox.operations.actor import Actor
from sotabox.operations.archives import Upload
from sotabox.settings import Settings
from tests.box import archive
from tests.in_process import open_site


async def test_accepted_deployment_is_worked_on_though_the_database_is_busy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody holds the database just then: what has been accepted doesn't wait for a repair."""
    worked_on = []

    async def work(deployment_id: str) -> None:
        worked_on.append(deployment_id)

    upload = tmp_path / "upload"
    upload.write_bytes(archive({"index.html": "hello"}))
    async with open_site(tmp_path, work=work) as site:
        store = site.box.store
        await store.database._writer.execute("PRAGMA busy_timeout = 10")
        path = store.folders.database
        with closing(sqlite3.connect(path, isolation_level=None)) as other:

            def lock(point: FaultPoint) -> None:
                if point is FaultPoint.DEPLOYMENT_ACCEPTED:
                    other.execute("BEGIN IMMEDIATE")

            monkeypatch.setattr(archives, "reach", lock)
            deployment = await archives.deploy(
                store,
                site.box.pipeline,
                Settings(),
                Actor(site.admin),
                await site.project("shop"),
                Upload(upload, upload.stat().st_size, duration_ms=7),
            )
    assert worked_on == [deployment.id]
