"""What a container may use, by the plan of the project's owner."""

from sotabox.model.project import Limits
from sotabox.model.project_settings import ProjectSettings
from sotabox.model.user import Plan
from sotabox.pipeline.limits import granted_replicas, limit
from sotabox.settings import Settings

BOX = Settings(app_memory_mb=512, app_cpus=1.0, app_pids=100)


def test_plan_of_the_box_gives_what_the_box_gives() -> None:
    """Its own people have no bounds but its settings."""
    assert limit(BOX, Plan.BOX) == Limits(512, 1.0, 100)


def test_free_plan_is_bounded() -> None:
    """As the hosted service's: 256 MB and 500 millicores."""
    assert limit(BOX, Plan.FREE) == Limits(256, 0.5, 100)


def test_small_box_gives_less_than_a_plan() -> None:
    """A plan is a bound and no promise."""
    small = Settings(app_memory_mb=128, app_cpus=0.25, app_pids=100)
    assert limit(small, Plan.FREE) == Limits(128, 0.25, 100)


def test_settings_of_a_project_do_not_lift_the_plan() -> None:
    """Nobody gives themselves more than their plan has."""
    own = ProjectSettings(memory_mb=4096, cpus=8.0)
    assert limit(BOX, Plan.FREE, own) == Limits(256, 0.5, 100)
    assert limit(BOX, Plan.BOX, own) == Limits(4096, 8.0, 100)


def test_replicas_do_not_multiply_a_plan() -> None:
    """What a container may use is bounded, and so is the number of containers."""
    assert granted_replicas(Plan.FREE, 8) == 1
    assert granted_replicas(Plan.BOX, 8) == 8
