"""The documentation of builds says what the code does."""

import re
from pathlib import Path

import pytest

from sotabox.builds.appfile import KEYS, parse_appfile
from sotabox.builds.dockerfile import APP_UID, BUILD_HASH
from sotabox.builds.languages.static import ROOTS
from sotabox.builds.plan import DEFAULT_PORT
from sotabox.builds.unknown import DOCS

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def appfile() -> str:
    return (ROOT / "docs" / "sotabox-toml.md").read_text()


def test_documented_keys_are_the_valid_ones(appfile: str) -> None:
    """Every key is explained, and none that is not there."""
    assert re.findall(r"^\| `([a-z_.]+)` \|", appfile, re.MULTILINE) == list(KEYS)


def test_documented_example_is_valid(appfile: str) -> None:
    """What people copy works."""
    example = re.search(r"```toml\n(.*?)```", appfile, re.DOTALL)
    assert example
    assert parse_appfile(example[1]).start == "node server.js"


def test_documented_facts_are_those_of_the_code() -> None:
    """The page that errors link to exists and is right."""
    text = (ROOT / DOCS).read_text()
    for fact in (str(APP_UID), str(DEFAULT_PORT), BUILD_HASH, " ".join(ROOTS)):
        assert fact in text
