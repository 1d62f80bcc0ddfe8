"""When crashes are a loop."""

import msgspec
import pytest

from sotabox.model.crash_loop import CrashLoop, Health, is_loop
from sotabox.model.deployment import Deployment, Source, Status

LOOP = CrashLoop(restarts=3, exit_code=1, out_of_memory=False, since="a", last_at="b")


@pytest.mark.parametrize(
    ("crashes", "loop"),
    [([], False), ([0.0, 1.0], False), ([0.0, 1.0, 2.0], True), ([-400.0, 1.0, 2.0], False)],
)
def test_three_crashes_within_minutes_are_a_loop(crashes: list[float], loop: bool) -> None:
    """One crash in a night is none."""
    assert is_loop(crashes, now=3.0) is loop


@pytest.mark.parametrize(
    ("status", "over", "health"),
    [
        (Status.RUNNING, None, Health.HEALTHY),
        (Status.RUNNING, False, Health.DEGRADED),
        (Status.RUNNING, True, Health.HEALTHY),
        (Status.STOPPED, False, None),
    ],
)
def test_health_is_of_what_serves(status: Status, over: bool | None, health: Health | None) -> None:
    """Degraded while it goes on; what does not serve has no health."""
    loop = None if over is None else msgspec.structs.replace(LOOP, over=over)
    deployment = Deployment(
        id="d", project_id="p", number=1, status=status, source=Source.ARCHIVE, phases={},
        created_at="", updated_at="", crash_loop=loop,
    )  # fmt: skip
    assert deployment.health is health
