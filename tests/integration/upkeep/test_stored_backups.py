"""The page of backups, of a box that keeps them in an S3-compatible store."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from sotabox.settings import Settings
from sotabox.upkeep import object_store
from sotabox.upkeep.backup import backup_name
from sotabox.upkeep.places import opened_store, upload
from tests.in_process import open_site
from tests.integration.upkeep.s3 import Server
from tests.unit.dashboard.conftest import _HASH, Browser, open_browser


@asynccontextmanager
async def looking(tmp_path: Path, endpoint: str, server: Server) -> AsyncIterator[Browser]:
    """The admin's browser on a box whose store is there, in a folder of its own."""
    secret = tmp_path / "secret"
    secret.write_text(server.secret)
    async with open_site(
        tmp_path / "box",
        backup_store=f"s3://{server.bucket}/{uuid4()}",
        backup_store_endpoint=endpoint,
        backup_store_region=server.region,
        backup_store_key_id=server.key_id,
        backup_store_secret_file=secret,
    ) as site:
        await site.box.store.users.set_password(site.admin.id, _HASH)
        async with open_browser(site) as admin:
            await admin.log_in()
            yield admin


async def test_backups_in_the_store_are_listed_once_it_answers(
    tmp_path: Path, server: Server
) -> None:
    """The page comes at once and asks then; another box's backups beside ours are not ours."""
    async with looking(tmp_path, server.endpoint, server) as admin:
        at_once = (await admin.get("/box/backups")).text
        assert 'data-hx-get="/box/backups?store=yes"' in at_once
        assert "has no backup of this box yet" in (await listed(admin)).text
        settings = admin.site.box.settings
        name = backup_name(admin.site.box.store.folders.instance_id(), datetime.now(UTC))
        put(settings, tmp_path / name, 1_500_000)
        put(settings, tmp_path / backup_name("another", datetime.now(UTC)), 9)
        page = (await listed(admin)).text
        assert f'data-copy="{settings.backup_store}/{name}"' in page
        assert "1.5 MB" in page
        assert "sotabox-another" not in page
        assert "data-hx-get" not in page[page.index('id="stored"') :]  # asked once


@pytest.mark.parametrize("kind", ["silent", "away"])
async def test_store_that_does_not_answer_is_told_soon(
    tmp_path: Path, server: Server, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page is there, says what is wrong, and how to ask again."""
    monkeypatch.setattr(object_store, "_HASTY", httpx.Timeout(0.3))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        if kind == "away":
            silent.close()
        async with looking(tmp_path, endpoint, server) as admin:
            answer = await listed(admin)
    assert answer.status_code == 200
    assert "What the store has can&#39;t be told now" in answer.text.replace("'", "&#39;")
    assert endpoint in answer.text


async def listed(admin: Browser) -> httpx.Response:
    return await admin.get("/box/backups?store=yes")


def put(settings: Settings, file: Path, size_bytes: int) -> None:
    """Brings a file of that size to the store."""
    file.write_bytes(bytes(size_bytes))
    with opened_store(settings) as store:
        upload(store, file)
