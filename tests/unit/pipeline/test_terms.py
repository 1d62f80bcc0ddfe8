"""On what terms a project is built and run."""

from sotabox.builds.overrides import Overrides
from sotabox.model.project_settings import ProjectSettings
from sotabox.model.user import Plan
from sotabox.pipeline.limits import limit
from sotabox.pipeline.terms import decide_terms
from sotabox.settings import Settings

BOX = Settings(health_timeout_s=60, drain_timeout_s=30, app_memory_mb=512, app_cpus=1.0)


def test_box_decides_what_a_project_leaves_open() -> None:
    """A new project needs no settings."""
    terms = decide_terms(BOX, ProjectSettings())
    assert (terms.health_timeout_s, terms.drain_timeout_s) == (60, 30)
    assert terms.overrides == Overrides()
    assert terms.health_path(None) == "/"
    assert terms.health_path("/planned") == "/planned"


def test_project_decides_before_the_box() -> None:
    """Zero is a word, too."""
    own = ProjectSettings(health_timeout_s=5, drain_timeout_s=0, health_path="/own", port=80)
    terms = decide_terms(BOX, own)
    assert (terms.health_timeout_s, terms.drain_timeout_s) == (5, 0)
    assert terms.health_path("/planned") == "/own"
    assert terms.overrides == Overrides(port=80)


def test_limits_are_the_projects_within_its_owners_plan() -> None:
    """Who pays nothing gets no more by asking for it."""
    own = ProjectSettings(memory_mb=2000, cpus=0.25, pids=9)
    on_box = limit(BOX, Plan.BOX, own)
    assert (on_box.memory_mb, on_box.cpus, on_box.pids) == (2000, 0.25, 9)
    free = limit(BOX, Plan.FREE, own)
    assert (free.memory_mb, free.cpus, free.pids) == (256, 0.25, 9)
