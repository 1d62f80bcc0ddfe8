"""Pause, resume and restart: what visitors meet, and what a kill can't undo."""

import pytest

from tests.box import Box, running_box
from tests.contract.echo import FILES

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("python_base")]


@pytest.fixture(autouse=True)
def project(project: str) -> str:
    """Every test has one, and calls it by its slug."""
    return project


def set_variable(box: Box, slug: str, key: str, value: str) -> None:
    answer = box.request("POST", f"/v1/projects/{slug}/envs", {"key": key, "value": value})
    assert answer.status == 200


def app_env(box: Box, slug: str) -> dict[str, str]:
    answer = box.visit(slug)
    assert answer.status == 200, answer.body
    env: dict[str, str] = answer.json["env"]
    return env


def test_pause_shows_a_page_and_resume_brings_the_same_version_back(box: Box, slug: str) -> None:
    """The app stops, its address says so; what comes back is what was there, variables included."""
    set_variable(box, slug, "APP_COLOUR", "red")
    first = box.deploy(slug, FILES)
    assert first["status"] == "running", first
    set_variable(box, slug, "APP_COLOUR", "blue")

    paused = box.request("POST", f"/v1/projects/{slug}/pause")
    assert (paused.status, paused.data["status"], paused.data["url"]) == (200, "paused", None)
    page = box.visit(slug)
    assert (page.status, b"stopped" in page.body) == (503, True)
    assert box.deployment(slug, first["id"])["status"] == "stopped"
    again = box.request("POST", f"/v1/projects/{slug}/pause")
    assert (again.status, again.data["status"]) == (200, "paused")
    restart = box.request("POST", f"/v1/projects/{slug}/restart")
    assert (restart.status, restart.code) == (409, "nothing_running")

    resumed = box.again(slug, "resume")
    assert (resumed["status"], resumed["source"]) == ("running", "redeploy")
    assert app_env(box, slug)["APP_COLOUR"] == "red"
    assert box.request("GET", f"/v1/projects/{slug}").data["status"] == "running"
    second = box.request("POST", f"/v1/projects/{slug}/resume")
    assert (second.status, second.code) == (409, "conflict")

    assert box.again(slug)["status"] == "running"
    assert app_env(box, slug)["APP_COLOUR"] == "blue"


def test_restart_keeps_the_variables_and_makes_a_new_container(box: Box, slug: str) -> None:
    """A restart changes nothing but the process."""
    set_variable(box, slug, "APP_COLOUR", "red")
    first = box.deploy(slug, FILES)
    set_variable(box, slug, "APP_COLOUR", "blue")
    restarted = box.again(slug, "restart")
    assert (restarted["status"], restarted["image_tag"]) == ("running", first["image_tag"])
    assert restarted["id"] != first["id"]
    assert app_env(box, slug)["APP_COLOUR"] == "red"


def test_diff_names_what_changed_since_the_running_version_was_started(box: Box, slug: str) -> None:
    """Keys only; a redeploy makes it empty."""
    set_variable(box, slug, "APP_SAME", "1")
    set_variable(box, slug, "APP_COLOUR", "red")
    set_variable(box, slug, "APP_GONE", "1")
    first = box.deploy(slug, FILES)
    changes = {"APP_COLOUR": "blue", "APP_GONE": None, "APP_NEW": ""}
    box.request("PATCH", f"/v1/projects/{slug}/envs", changes)
    diff = box.request("GET", f"/v1/projects/{slug}/env-diff")
    assert diff.data == {
        "added": ["APP_NEW"],
        "changed": ["APP_COLOUR"],
        "removed": ["APP_GONE"],
        "deployment_id": first["id"],
    }
    assert b"blue" not in diff.body
    second = box.again(slug)
    assert box.request("GET", f"/v1/projects/{slug}/env-diff").data == {
        "added": [],
        "changed": [],
        "removed": [],
        "deployment_id": second["id"],
    }


def test_rollback_takes_todays_variables_or_those_of_the_release(box: Box, slug: str) -> None:
    """Both are asked for by name; today's are the default."""
    set_variable(box, slug, "APP_COLOUR", "red")
    first = box.deploy(slug, FILES)
    set_variable(box, slug, "APP_COLOUR", "blue")
    assert box.deploy(slug, FILES | {"more": "x"})["status"] == "running"
    assert box.again(slug, "rollback", {"deployment_id": first["id"]})["status"] == "running"
    assert app_env(box, slug)["APP_COLOUR"] == "blue"
    back = box.again(slug, "rollback", {"deployment_id": first["id"], "env": "release"})
    assert back["status"] == "running"
    assert app_env(box, slug)["APP_COLOUR"] == "red"
    wrong = box.request("POST", f"/v1/projects/{slug}/rollback", {"env": "yesterday"})
    assert wrong.status == 422


def test_pause_of_what_does_not_run_is_a_conflict(box: Box, slug: str) -> None:
    """409, each with its reason."""
    for verb, code in (
        ("pause", "nothing_running"),
        ("resume", "conflict"),
        ("restart", "nothing_running"),
    ):
        answer = box.request("POST", f"/v1/projects/{slug}/{verb}")
        assert (answer.status, answer.code) == (409, code)
        assert box.request("POST", f"/v1/projects/absent/{verb}").status == 404


def test_pause_lasts_over_a_kill_and_resume_works_after_it() -> None:
    """Neither a crash of the box nor its start brings a paused app back; its owner does."""
    with running_box() as box:
        box.create("shop")
        assert box.deploy("shop", FILES)["status"] == "running"
        assert box.request("POST", "/v1/projects/shop/pause").status == 200
        box.kill()
        box.start()
        assert box.visit("shop").status == 503
        assert box.request("GET", "/v1/projects/shop").data["status"] == "paused"
        assert box.again("shop", "resume")["status"] == "running"
        assert box.visit("shop").status == 200
