"""The threat model names what is there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/security.md").read_text(encoding="utf-8")


def test_every_module_and_test_that_holds_a_line_exists() -> None:
    """Who checks a promise finds what is said to hold it."""
    [lines] = re.findall(r"## What holds each line\n(.*?)\n## ", PAGE, re.DOTALL)
    missing, folder = [], ""
    for name in re.findall(r"`((?:[\w.-]+/)*[\w.-]+(?:\.py|/crypto))`", lines):
        folder = name.rpartition("/")[0] or folder
        path = name if "/" in name else f"{folder}/{name}"
        places = [
            ROOT / base / at
            for base in ("sotabox", "tests", "tests/unit", "")
            for at in (path, name)
        ]
        if not any(place.exists() for place in places):
            missing.append(name)
    assert missing == []
