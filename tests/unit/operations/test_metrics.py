"""Figures in Prometheus' text format, and who gets them."""

from pathlib import Path

import pytest

from sotabox.errors import Internal, NotFound, Unauthorized
from sotabox.operations.metrics import Metric, render, require_token
from sotabox.settings import Settings


def test_labels_are_escaped_and_numbers_keep_their_digits() -> None:
    """A label may hold anything; large counters are not rounded to a few digits."""
    metric = Metric("n", "counter", "Of x", {(("a", 'x"\\\n'),): 123456789012.0, (): 0.25})
    assert render([metric]).splitlines() == [
        "# HELP n Of x",
        "# TYPE n counter",
        'n{a="x\\"\\\\\\n"} 123456789012',
        "n 0.25",
    ]


async def test_metrics_are_off_unless_a_token_is_set() -> None:
    """Nobody learns anything from a box that was not told to say it."""
    with pytest.raises(NotFound):
        await require_token(Settings(), "anything")


async def test_token_opens_the_metrics(tmp_path: Path) -> None:
    """The file is read each time, so that a token can be changed without a restart."""
    file = tmp_path / "token"
    settings = Settings(metrics_token_file=file)
    with pytest.raises(Internal, match="can't be read"):
        await require_token(settings, "")
    file.write_text("\n")
    with pytest.raises(Internal, match="is empty"):
        await require_token(settings, "")
    file.write_text("secret\n")
    await require_token(settings, "secret")
    with pytest.raises(Unauthorized):
        await require_token(settings, "geheim")
    file.write_text("geheim\n")
    await require_token(settings, "geheim")
