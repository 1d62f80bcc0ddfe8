"""A deployment as its page tells it."""

import pytest

from sotabox.dashboard import story
from sotabox.model.deployment import Deployment, Source, Status
from sotabox.model.origin import archive_origin


def deployment(status: Status = Status.RUNNING, **changes: object) -> Deployment:
    values = {
        "id": "d1",
        "project_id": "p1",
        "number": 3,
        "status": status,
        "source": Source.ARCHIVE,
        "phases": {},
        "created_at": "2026-03-01T12:00:00.000Z",
        "updated_at": "2026-03-01T12:00:04.000Z",
    }
    return Deployment(**values | changes)  # type: ignore[arg-type]


def test_phases_fill_the_bar_in_their_order() -> None:
    """To scale, without gaps, the slowest one marked; what took no time is left out."""
    phases = story.phases_of(
        deployment(phases={"swap": 2, "build": 3000, "queue": 0, "upload": 400, "health": 600})
    )
    assert [phase.name for phase in phases] == ["upload", "build", "health", "swap"]
    assert [phase.slowest for phase in phases] == [False, True, False, False]
    ends = [round(phase.start + phase.width, 1) for phase in phases]
    assert ends[-1] == 100.0
    assert [round(phase.start, 1) for phase in phases[1:]] == ends[:-1]
    assert phases[-1].width > 0.5, "also the shortest one is seen"


def test_drain_is_not_a_part_of_how_long_it_took() -> None:
    """Nobody waits for the old version's last requests."""
    assert story.total_ms({"build": 1000, "swap": 2, "drain": 30_000}) == 1002


@pytest.mark.parametrize(
    ("phases", "said"),
    [
        ({"build": 10}, "Failed while its image was built"),
        ({"build": 10, "release": 0, "start": 5, "health": 7}, "Failed in its health check"),
        ({}, "Failed before its build"),
    ],
)
def test_failure_is_told_with_its_place(phases: dict[str, int], said: str) -> None:
    """The first line says where it went wrong."""
    assert story.headline(deployment(Status.FAILED, phases=phases)) == said


def test_failure_has_three_parts() -> None:
    """What happened, what was seen of it, what to do next."""
    failure = story.failure_of(
        deployment(Status.FAILED, error="It exited with code 3\nno database", hint="Set URL.")
    )
    assert failure == story.Failure("It exited with code 3", "no database", "Set URL.")
    assert story.failure_of(deployment()) is None


def test_every_state_has_a_sentence() -> None:
    """No page is ever without an answer."""
    assert all(story.headline(deployment(status)) for status in Status)


def test_origin_names_what_it_came_from() -> None:
    """A redeploy and a rollback say of which deployment, as long as that is known."""
    again = deployment(source=Source.ROLLBACK, source_deployment_id="d0")
    assert story.origin(again, {"d0": 1}) == "rollback to 1"
    assert story.origin(again, {}) == "rollback"
    assert story.origin(deployment(origin=archive_origin("", "shop")), {}) == "folder shop"
    assert story.origin(deployment(origin=archive_origin("shop.zip")), {}) == "shop.zip"
    assert story.origin(deployment(), {}) == "archive"
