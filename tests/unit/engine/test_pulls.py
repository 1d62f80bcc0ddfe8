"""A pull's progress."""

from sotabox.engine.pulls import PullProgress


def test_pull_progress_tells_now_and_then() -> None:
    """A long download shows that it goes on, in a few lines."""
    progress = PullProgress("base:1", 0.0)
    told = [
        line
        for second in range(10)
        for line in [
            progress.feed(
                {
                    "id": "layer",
                    "status": "Downloading",
                    "progressDetail": {"current": second * 10_000_000, "total": 90_000_000},
                },
                float(second),
            )
        ]
        if line
    ]
    assert progress.start() == "Pulling base:1"
    assert told == [
        "Pulling base:1: 20 of 90 MB",
        "Pulling base:1: 40 of 90 MB",
        "Pulling base:1: 60 of 90 MB",
        "Pulling base:1: 80 of 90 MB",
    ]
    progress.feed({"id": "layer", "status": "Download complete"}, 9.1)
    assert progress.feed({"id": "layer", "status": "Extracting"}, 12.0) == (
        "Pulling base:1: unpacking"
    )
    assert progress.end(12.5) == "Pulled base:1 (90.0 MB in 12.5 s)"


def test_pull_progress_of_what_is_there_tells_no_size() -> None:
    """An image that was up to date took no download."""
    progress = PullProgress("base:1", 0.0)
    assert progress.feed({"status": "Image is up to date"}, 3.0) is None
    assert progress.end(0.25) == "Pulled base:1 (0.2 s)"
