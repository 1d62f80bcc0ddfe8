"""What the list of apps, and the first command in a folder, say without a box."""

from pathlib import Path

import pytest

from sotabox.cli.main import run
from sotabox.cli.ps import _state


@pytest.mark.parametrize(
    ("project", "said"),
    [
        ({"status": None}, "new"),
        ({"status": "running", "health": "healthy"}, "running"),
        ({"status": "running", "health": "degraded"}, "degraded"),
        ({"status": "stopped", "health": None}, "stopped"),
    ],
)
def test_app_that_is_not_well_is_no_app_that_runs(project: dict[str, str], said: str) -> None:
    """A crash loop is seen in the list, as on the dashboard."""
    assert _state(project) == said


def test_init_of_no_folder_makes_no_project(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A typing error is told before the box is asked for anything: nothing listens there."""
    where = str(tmp_path / "my-ap")
    assert run(["init", where, "--api-url", "http://127.0.0.1:9"]) == 2
    assert f"{where} is not a folder" in capsys.readouterr().err
