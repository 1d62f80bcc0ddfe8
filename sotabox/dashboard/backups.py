"""`/box/backups`: what could be restored, what went wrong, and one now."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream

from sotabox.dashboard.box_page import BOX
from sotabox.dashboard.templates import Crumb, Page
from sotabox.dashboard.trouble import NO_TROUBLE, Trouble
from sotabox.dashboard.visit import Me
from sotabox.errors import Invalid, NotFound, Unavailable
from sotabox.model.times import format_time
from sotabox.operations import backups
from sotabox.upkeep.object_store import StoredFile
from sotabox.upkeep.record import BackupRecord

_CRUMB: Final = Crumb(name="Backups", href="/box/backups")
_CHUNK_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A backup in the list. `tried_out`: it is the one that was restored on trial."""

    name: str
    size_bytes: int
    made_at: str
    encrypted: bool
    tried_out: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRow:
    """A backup in the store."""

    name: str
    size_bytes: int
    stored_at: str
    tried_out: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupsPage(Page):
    """What lies there, and how the last try went."""

    template: ClassVar[str] = "pages/backups.html"

    title: str = "Backups"
    state: str
    record: BackupRecord
    rows: tuple[Row, ...]
    place: str
    store: str
    every_h: int
    kept: int
    encrypts: bool
    next_at: str
    under_way: bool
    stored: tuple[StoredRow, ...] | None  # None: the store was not asked
    store_trouble: Trouble = NO_TROUBLE


@get("/box/backups")
async def show_backups(me: NamedDependency[Me]) -> Response[bytes]:
    """The backups of the box; those in the store where `store=yes`, as it may be slow."""
    trouble, stored = NO_TROUBLE, None
    if me.request.query_params.get("store") == "yes":
        try:
            stored = await backups.stored(me.site.care.backups, me.actor)
        except (Unavailable, Invalid, NotFound) as error:
            trouble = Trouble.of(error)
    found = await backups.standing(me.site.care.backups, me.actor)
    settings = me.box.settings
    last = Path(found.record.file or "").name
    page = BackupsPage(
        state=found.state.value,
        record=found.record,
        rows=tuple(
            Row(
                name=backup.name,
                size_bytes=backup.size_bytes,
                made_at=format_time(backup.made_at),
                encrypted=backup.encrypted,
                tried_out=backup.name == last,
            )
            for backup in found.kept
        ),
        place=str(settings.backup_dir) if settings.backup_dir.name else "",
        store=settings.backup_store,
        every_h=settings.backup_every_h,
        kept=settings.backups_kept,
        encrypts=bool(settings.backup_passphrase_file.name),
        next_at=found.next_at or "",
        under_way=found.under_way,
        stored=None if stored is None else tuple(_stored_row(file, last) for file in stored),
        store_trouble=trouble,
    )
    return me.show(page, crumbs=(BOX, _CRUMB))


def _stored_row(file: StoredFile, tried_out: str) -> StoredRow:
    return StoredRow(
        name=file.name,
        size_bytes=file.size_bytes,
        stored_at=format_time(file.stored_at) if file.stored_at else "",
        tried_out=file.name == tried_out,
    )


@post("/box/backups")
async def make_backup(me: NamedDependency[Me]) -> Response[bytes]:
    """Has one made now."""
    await me.form()
    backups.ask(me.site.care.backups, me.actor)
    return me.go("/box/backups", notice="backup-asked")


@post("/box/backups/{name:str}/download", status_code=200)
async def download_backup(name: FromPath[str], me: NamedDependency[Me]) -> Stream:
    """A backup's file. By a form, so that it stands in the audit log, and no link can cause it."""
    await me.form()
    path = await backups.open_one(me.site.care.backups, me.actor, name)
    return Stream(
        _chunks(path),
        media_type="application/octet-stream",
        headers={
            "content-disposition": f'attachment; filename="{path.name}"',
            "cache-control": "no-store",
        },
    )


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    file = await asyncio.to_thread(path.open, "rb")
    try:
        while chunk := await asyncio.to_thread(file.read, _CHUNK_BYTES):
            yield chunk
    finally:
        file.close()


ROUTES = [show_backups, make_backup, download_backup]
