"""Manifests and sources whose text was made to keep a reader busy."""

from contextlib import suppress

import pytest

from sotabox.builds.detect import detect
from sotabox.builds.source import READ_MAX_BYTES, MemoryTree
from sotabox.errors import Invalid, UnknownApp

MANIFEST = '{"dependencies": {"next": "15"}}'


@pytest.mark.parametrize(
    ("path", "piece"),
    [
        ("build.gradle", "\n"),
        ("mix.exs", "\n"),
        ("Gemfile", "\t\n"),
        ("CMakeLists.txt", "\n"),
        ("pom.xml", "<!-- "),
        ("package.json5", '"\\'),
        ("package.json5", "a"),
        ("deno.json", '"\\'),
        ("deno.json", "/* "),
        ("next.config.js", "/* "),
    ],
)
def test_text_without_end_is_read_once(path: str, piece: str) -> None:
    """Nothing else of the box runs while a pattern is looked for, so none starts over at each letter."""
    text = piece * (READ_MAX_BYTES // len(piece))
    beside = {"package.json": MANIFEST} if path == "next.config.js" else {}
    with suppress(Invalid, UnknownApp):
        detect(MemoryTree({**beside, path: text}))
