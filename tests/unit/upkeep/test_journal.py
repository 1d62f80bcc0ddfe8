"""The log's lines."""

import json
import logging
import sys

from sotabox.upkeep.journal import JsonLines, Lines


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


def test_text_of_others_begins_no_line_and_moves_no_cursor() -> None:
    """Nobody puts a line into the log that looks like ours."""
    record = logging.getLogger().makeRecord(
        "sotabox", logging.ERROR, "f.py", 1, "no %s", ("x\nINFO all is well\x1b[2J\u202e",), None
    )
    assert Lines().format(record) == r"no x\nINFO all is well\x1b[2J\u202e"


def test_traceback_stays_below_its_line() -> None:
    """People read it as they are used to."""
    try:
        raise ValueError("a\x1b[2J")  # noqa: TRY301 - what is logged is how it is told
    except ValueError:
        record = logging.getLogger().makeRecord(
            "sotabox", logging.ERROR, "f.py", 1, "failed", (), sys.exc_info()
        )
    first, *traceback = Lines().format(record).split("\n")
    assert first == "failed"
    assert traceback[0].startswith("Traceback")
    assert traceback[-1] == r"ValueError: a\x1b[2J"
