"""What may go, and what must never."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from sotabox.engine.images import Image
from sotabox.model.deployment import Deployment, Status
from sotabox.upkeep.superfluous import (
    KeptFile,
    cache_to_keep,
    is_short,
    old_helpers,
    stray_images,
    superfluous_files,
)
from tests.unit.pipeline.world import deployment

NOW = datetime(2026, 3, 10, tzinfo=UTC)
MB = 1_000_000


def file(id_: str, days: float = 0) -> KeptFile:
    return KeptFile(id_, 10, NOW - timedelta(days=days))


def image(id_: str, *tags: str, created_at: str = "2026-01-01T00:00:00.123456789Z") -> Image:
    return Image(id_, tags, {}, 0, (), "", (), (), created_at)


def serving(image_id: str) -> Deployment:
    return msgspec.structs.replace(deployment("r", Status.RUNNING), image_id=image_id)


def test_file_of_an_ended_deployment_goes() -> None:
    """What can be built again, or is being built, stays."""
    files = [file("ended"), file("kept", 400)]
    assert superfluous_files(files, known={"ended", "kept"}, ended={"ended"}, now=NOW) == (
        files[0],
    )


def test_file_without_a_row_goes_after_a_day() -> None:
    """An upload writes its archive before its row is there."""
    files = [file("new"), file("old", 1.1)]
    assert superfluous_files(files, known=(), ended=(), now=NOW) == (files[1],)


def test_image_that_no_deployment_knows_goes() -> None:
    """Those of deployments stay, whatever their state."""
    assert stray_images([image("a"), image("b")], {"a"}, [serving("a")]) == ("b",)


@pytest.mark.parametrize(
    "unfinished",
    [
        [deployment("d", Status.BUILDING)],
        [deployment("d", Status.DEPLOYING), serving("a")],
        [serving("lost")],
    ],
)
def test_no_image_goes_while_one_is_being_made(unfinished: list[Deployment]) -> None:
    """The image that a build has just left is not known to its row yet."""
    assert stray_images([image("a"), image("b")], {"a"}, unfinished) == ()


def test_helper_of_a_version_before_goes() -> None:
    """Today's stays, and so does a fresh one: another box of this engine may need it."""
    helpers = [
        image("now", "static:2"),
        image("old", "static:1"),
        image("other", "static:3", created_at="2026-03-09T00:00:00Z"),
        image("undated", "static:0", created_at=""),
    ]
    assert old_helpers(helpers, "static:2", NOW) == ("old",)


def test_disk_is_short_below_twice_the_floor() -> None:
    """So that there is time to tidy up before deploys are refused; without a floor it never is."""
    assert is_short(1999 * MB, 1000)
    assert not is_short(2000 * MB, 1000)
    assert not is_short(0, 0)


@pytest.mark.parametrize(
    ("cache_mb", "free_mb", "kept_mb"),
    [
        (5000, 9000, 2000),  # as the setting says
        (500, 9000, 2000),
        (5000, 1500, 1500),  # 500 MB are missing
        (1200, 1500, 700),
        (300, 1500, 0),
        (5000, 0, 0),
    ],
)
def test_build_cache_gives_way_as_the_disk_fills(cache_mb: int, free_mb: int, kept_mb: int) -> None:
    """As much as is missing, so that builds stay fast as long as that can be had."""
    assert cache_to_keep(2000, cache_mb * MB, free_mb * MB, 1000) == kept_mb * MB
