"""The log's lines."""

import json
import logging
import sys

from sotabox.upkeep.journal import JsonLines


def test_json_line_has_what_a_collector_asks_for() -> None:
    """Time, level and message as fields, and what the caller gave besides."""
    record = logging.getLogger("sotabox.x").makeRecord(
        "sotabox.x", logging.WARNING, "f.py", 1, "%s is full", ("/data",), None, extra={"id": "d1"}
    )
    line = json.loads(JsonLines().format(record))
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "warning",
        "logger": "sotabox.x",
        "message": "/data is full",
        "id": "d1",
    }


def test_exception_stays_one_line() -> None:
    """A traceback does not fall apart into lines that belong to nothing."""
    try:
        int("bad\nvalue")
    except ValueError:
        record = logging.getLogger().makeRecord(
            "sotabox", logging.ERROR, "f.py", 1, "failed", (), sys.exc_info()
        )
    text = JsonLines().format(record)
    assert "\n" not in text
    assert "ValueError" in json.loads(text)["exception"]
