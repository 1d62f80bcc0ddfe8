"""What a box does not need any more (pure): of files, of images, of the build cache."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sotabox.engine.images import Image
from sotabox.model.deployment import Deployment, Status

_MB: Final = 1_000_000
#: A file without a row may be on its way to one, and a helper that is not ours another box's.
_STRAY: Final = timedelta(days=1)
_HELPER_OF_OTHERS: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file kept for a deployment: its archive, or its log."""

    deployment_id: str
    size_bytes: int
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What can go.

    Attributes:
        releases: images by project, that no rollback needs.
        strays: images of this box that no deployment knows, and helpers of versions before.
        archives, logs: by deployment.
        cache_keep_bytes: down to which the build cache is trimmed.
    """

    releases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    strays: tuple[str, ...] = ()
    archives: tuple[KeptFile, ...] = ()
    logs: tuple[KeptFile, ...] = ()
    cache_keep_bytes: int = 0

    @property
    def files_bytes(self) -> int:
        return sum(file.size_bytes for file in (*self.archives, *self.logs))


def superfluous_files(
    files: Iterable[KeptFile],
    *,
    known: Collection[str],
    ended: Collection[str],
    now: datetime,
) -> tuple[KeptFile, ...]:
    """Files of deployments in `ended`, and old ones of deployments that are not even `known`."""
    return tuple(
        file
        for file in files
        if file.deployment_id in ended
        or (file.deployment_id not in known and now - file.changed_at > _STRAY)
    )


def stray_images(
    ours: Iterable[Image], needed: Collection[str], unfinished: Iterable[Deployment]
) -> tuple[str, ...]:
    """Images of this box that no deployment knows; none while one is being made.

    An image is there before its row knows it, and a build from the cache has the date of that: so
    its age says nothing. Nor may a lost image of what runs be on its way.
    """
    ids = [image.id for image in ours]
    if any(d.status is not Status.RUNNING or d.image_id not in ids for d in unfinished):
        return ()
    return tuple(id_ for id_ in ids if id_ not in needed)


def old_helpers(helpers: Iterable[Image], current: str, now: datetime) -> tuple[str, ...]:
    """Helper images of versions before; a fresh one may be that of another box on this engine."""
    return tuple(
        image.id
        for image in helpers
        if current not in image.tags
        and image.created_at
        and now - datetime.fromisoformat(image.created_at) > _HELPER_OF_OTHERS
    )


def is_short(free_bytes: int, floor_mb: int) -> bool:
    """Whether deploys will soon be refused: less than twice what they are refused at is free."""
    return free_bytes < 2 * floor_mb * _MB


def cache_to_keep(cache_mb: int, cache_bytes: int, free_bytes: int, floor_mb: int) -> int:
    """Bytes down to which the build cache is trimmed, its least used parts first.

    All that the setting allows, unless the disk runs short: then so much less that twice the floor
    is free, or nothing.
    """
    missing = max(0, 2 * floor_mb * _MB - free_bytes)
    wanted = min(cache_mb * _MB, cache_bytes) if missing else cache_mb * _MB
    return max(0, wanted - missing)
