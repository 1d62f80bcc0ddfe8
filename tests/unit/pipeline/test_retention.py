"""Which images a project may lose."""

import msgspec
import pytest

from sotabox.model.deployment import Deployment, Status
from sotabox.model.releases import superfluous_images
from tests.unit.pipeline.world import deployment


def history(*entries: str) -> list[Deployment]:
    """Deployments, newest first, from words such as `running:a` or `failed:b!` (never served)."""
    rows = []
    for number, entry in enumerate(reversed(entries), 1):
        status, _, image = entry.partition(":")
        row = deployment(f"d{number}", Status(status))
        rows.append(
            msgspec.structs.replace(
                row,
                number=number,
                image_id=image.removesuffix("!"),
                url=None if image.endswith("!") else "app.box.test",
            )
        )
    return rows[::-1]


@pytest.mark.parametrize(
    ("entries", "keep", "superfluous"),
    [
        ([], 2, []),
        (["running:a"], 1, []),
        (["running:c", "stopped:b", "stopped:a"], 2, []),
        (["running:d", "stopped:c", "stopped:b", "stopped:a"], 2, ["a"]),
        # The running one is kept besides, however old its first deployment is.
        (["running:a", "stopped:c", "stopped:b", "stopped:a"], 1, ["b"]),
        # Redeploys of one image count once.
        (["running:b", "stopped:b", "stopped:b", "stopped:a"], 1, []),
        # What never served is nothing to go back to.
        (["failed:x!", "running:b", "stopped:a"], 5, ["x"]),
        (["stopped:x!", "running:b"], 5, ["x"]),
        # What is on its way keeps its image, though it has not served yet.
        (["deploying:n!", "built:m!", "running:b", "stopped:a"], 1, []),
        # An image that failed in one deployment and served in another is kept.
        (["failed:a!", "running:b", "stopped:a"], 1, []),
        # Nothing runs: the newest that served are kept.
        (["failed:c", "stopped:b", "stopped:a"], 2, ["a"]),
    ],
)
def test_images_beyond_the_kept_ones_go(
    entries: list[str], keep: int, superfluous: list[str]
) -> None:
    """What runs, what comes, and the last that served stay; the rest is disk space."""
    assert superfluous_images(history(*entries), keep) == superfluous
