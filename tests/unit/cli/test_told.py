"""What a person sees of a deployment, character by character."""

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from sotabox.cli.told import (
    Told,
    describe_build,
    docs_for,
    render_end,
    render_failure_of,
    render_title,
    render_told,
    told_of,
)

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "cli"
CEST = timezone(timedelta(hours=2))
NOW = datetime(2026, 6, 1, 15, 30, tzinfo=CEST)
FLASK = [
    "[build] Waiting for a build slot...",
    "[build] Detected flask (python 3.13), listens on port 8080",
    "[build] #1 [dependencies 1/3] FROM docker.io/library/python:3.13-slim",
    "[build] #1 DONE 0.0s",
    "[build] #2 [dependencies 3/3] RUN pip install -r requirements.txt",
    "[build] #2 CACHED",
    "[build] #3 [app 2/2] COPY source/ /app/",
    "[build] #3 DONE 0.0s",
    "[deploy] Container started",
    "[deploy] GET / → 200",
    "[deploy] Health check passed",
]


def deployment(**changes: Any) -> dict[str, Any]:
    """A deployment as the API shows it."""
    return {
        "id": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
        "status": "running",
        "duration_ms": {
            "upload": 1, "queue": 0, "build": 310, "release": 0, "start": 200, "health": 90, "swap": 2,
        },
        "swap": {"switch_ms": 2, "requests": 87, "lost": 0},
        "error": None,
        "hint": None,
        "updated_at": "2026-06-01T12:02:00.000Z",
    } | changes  # fmt: skip


def loopback(**changes: Any) -> dict[str, Any]:
    """A deployment whose app listens where nobody can reach it."""
    return (
        deployment(
            status="failed",
            error="Not healthy after 60 s: the app listens on 127.0.0.1:5000, so nothing outside its "
            "container can reach it",
            hint="Make it listen on 0.0.0.0 and the port in $PORT (8080).",
            duration_ms={"queue": 0, "build": 2900, "release": 0, "start": 300, "health": 60_000},
            swap=None,
        )
        | changes
    )


def head() -> list[str]:
    """What stands above what the box does."""
    return [
        render_title("my-app", "https://box.example.com"),
        render_told(Told("packed", "312 files, 1.2 MB", 100)),
        render_told(Told("uploaded", "", 400)),
    ]


def assert_golden(name: str, lines: list[str]) -> None:
    assert "\n".join(lines) + "\n" == (GOLDEN / name).read_text(encoding="utf-8")


def test_good_deploy_is_told_line_by_line() -> None:
    """A deploy that succeeds says each thing once, with its time at the right."""
    lines = head() + [render_told(told) for told in told_of(deployment(), FLASK)]
    assert_golden("deploy-good.txt", [*lines, render_end("https://my-app.example.com", 1200)])


def test_bad_deploy_says_why_and_what_to_do_and_what_is_live() -> None:
    """A deploy that fails says what happened, why, the one thing to do, and what visitors see."""
    failed = loopback()
    lines = head() + [render_told(told) for told in told_of(failed, [])]
    lines += render_failure_of(failed, deployment(), NOW, docs_for(failed))
    assert_golden("deploy-bad.txt", lines)


def test_failed_build_shows_its_last_lines_and_no_built_line() -> None:
    """A build that fails shows where, and does not claim to have built anything."""
    failed = deployment(
        status="failed",
        error="The step 'RUN npm ci' failed with exit code 1\nnpm error missing: react@19",
        hint="The log shows why.",
        duration_ms={"queue": 0, "build": 2900},
        swap=None,
    )
    assert told_of(failed, FLASK) == []
    assert_golden("build-failed.txt", render_failure_of(failed, None, NOW, docs_for(failed)))


def test_serving_version_of_another_day_is_named_with_its_date() -> None:
    """A version of last week is not said to be of this afternoon."""
    serving = deployment(updated_at="2026-05-21T12:02:00.000Z")
    lines = render_failure_of(loopback(), serving, NOW, None)
    assert "The version of 21 May, 14:02 is still live." in lines[-1]


def test_long_hint_has_its_notes_below() -> None:
    """A hint that fills the line is not pushed together with what stands beside it."""
    failed = loopback(hint="Make it listen on 0.0.0.0 and the port in $PORT (8080). " + "x" * 40)
    lines = render_failure_of(failed, None, NOW, "sotabox docs port")
    assert lines[2] == "    docs: sotabox docs port"


def test_cancelled_deployment_is_no_failure_of_the_app() -> None:
    """A deployment that somebody ended is said to be stopped."""
    stopped = deployment(status="stopped", error="Cancelled", swap=None, duration_ms={"queue": 0})
    assert render_failure_of(stopped, None, NOW, None)[0] == "  □ stopped: cancelled."


def test_wait_in_the_queue_is_told_when_it_was_one() -> None:
    """A person learns that the box was busy, if it was."""
    waited = deployment(duration_ms={"queue": 4000, "build": 300})
    assert told_of(waited, [])[0] == Told("queued", "", 4000)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Detected nextjs (node 22), listens on port 8080", "Next.js on Node 22"),
        ("Detected static: static files from the root", "Static files"),
        ("Detected python (python 3.12), listens on port 8080", "Python 3.12"),
        (
            "Detected rails (ruby 3.4 node 22), listens on port 8080",
            "Rails on Ruby 3.4 and Node 22",
        ),
        ("Builds with the Dockerfile of the archive, listens on port 80", "Dockerfile"),
        ("Builds with Railpack, listens on port 8080", "Railpack"),
        ("Building application...", ""),
    ],
)
def test_build_is_named_by_its_kind(line: str, expected: str) -> None:
    """The kind of app is named as its people name it."""
    assert describe_build([f"[build] {line}"]) == expected


def test_dependencies_that_were_installed_anew_are_not_called_cached() -> None:
    """Only a build that installed nothing says so."""
    fresh = [line.replace("#2 CACHED", "#2 DONE 9.1s") for line in FLASK]
    assert describe_build(fresh) == "Flask on Python 3.13"
    assert describe_build(FLASK) == "Flask on Python 3.13, cached dependencies"
