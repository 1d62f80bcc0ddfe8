"""The documentation of builds says what the code does."""

import re
from pathlib import Path

import pytest

from sotabox.builds.appfile import KEYS, parse_appfile
from sotabox.builds.bases import TOOLS
from sotabox.builds.detect import LANGUAGES
from sotabox.builds.dockerfile import APP_UID, BUILD_HASH
from sotabox.builds.languages.hugo import DEFAULT as HUGO
from sotabox.builds.languages.static import ROOTS
from sotabox.builds.plan import DEFAULT_PORT
from sotabox.builds.source import MemoryTree
from sotabox.builds.unknown import DOCS

ROOT = Path(__file__).parents[3]
#: Whose version a language's default is, and defaults that no image's tag is.
_TOOLS = {"jekyll": "ruby", "php": "frankenphp"}
_OWN = {"hugo": HUGO}


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


def test_documented_languages_are_those_that_are_asked_in_their_order() -> None:
    """The table of languages tells what is recognised, by what, and in which version."""
    text = (ROOT / DOCS).read_text()
    lines = re.findall(r"^\| `\w+` \|.*", text.partition("## Languages")[2], re.MULTILINE)
    rows = [[cell.strip("` ") for cell in line.split("|")[1:4]] for line in lines]
    assert [name for name, _, _ in rows] == [language.NAME for language in LANGUAGES]
    for (name, triggers, version), language in zip(rows, LANGUAGES, strict=True):
        files = triggers.replace("`", "").replace("*", "x").split(", ")
        tree = MemoryTree(dict.fromkeys(files, ""))
        patterns = (*language.STRONG, *language.WEAK)
        assert {path for pattern in patterns for path in tree.glob(pattern)} == set(files)
        tool = TOOLS.get(_TOOLS.get(name, name))
        assert version.rpartition(" ")[2] == (tool.default if tool else _OWN.get(name, ""))
