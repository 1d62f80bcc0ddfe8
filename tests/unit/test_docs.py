"""The documentation says what the code does, or the suite fails."""

import re
import tomllib
from pathlib import Path

from sotabox import errors
from sotabox.model.deployment import Status
from tests.reference import SETTINGS_PAGE, render_settings

DOCS = Path(__file__).resolve().parents[2] / "docs"
ERROR_ROW = re.compile(r"^\| `(\w+)` \| (\d{3}) \| (.+) \| (.+) \|$", re.MULTILINE)
TERM = re.compile(r"^\*\*(.+?)\*\*:", re.MULTILINE)


def error_classes(root: type[errors.SotaboxError]) -> list[type[errors.SotaboxError]]:
    """The tree below `root`, leaves included."""
    below = [found for child in root.__subclasses__() for found in error_classes(child)]
    return [root, *below] if root is not errors.SotaboxError else below


def test_settings_page_equals_the_table() -> None:
    """Every setting is documented with the default that it really has."""
    assert SETTINGS_PAGE.read_text(encoding="utf-8") == render_settings(), "run `make docs`"


def test_errors_page_has_each_code_with_its_status() -> None:
    """Whoever meets an error code finds it explained, with what to do."""
    page = (DOCS / "errors.md").read_text(encoding="utf-8")
    documented = {row[1]: int(row[2]) for row in ERROR_ROW.finditer(page)}
    assert documented == {kind.code: kind.status for kind in error_classes(errors.SotaboxError)}


def test_error_codes_are_unique() -> None:
    """A client can tell errors apart by their code alone."""
    codes = [kind.code for kind in error_classes(errors.SotaboxError)]
    assert sorted(codes) == sorted(set(codes))


def test_glossary_is_sorted() -> None:
    """A word is found where one looks for it."""
    terms = TERM.findall((DOCS / "glossary.md").read_text(encoding="utf-8"))
    assert len(terms) > 10
    assert terms == sorted(terms, key=str.lower)


def test_glossary_explains_each_status() -> None:
    """No status on a page or in an answer is a riddle."""
    page = (DOCS / "glossary.md").read_text(encoding="utf-8")
    assert [status for status in Status if f"`{status}`" not in page] == []


def test_architecture_draws_the_lines_that_the_suite_keeps() -> None:
    """Who may import whom is on the page as the contract has it, line by line."""
    project = tomllib.loads((DOCS.parent / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = {kept["id"]: kept for kept in project["tool"]["importlinter"]["contracts"]}
    kept = [set(line.split(" | ")) for line in contracts["layers"]["layers"]]
    page = (DOCS / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([\d, ]+) \| (.+) \|$", page, re.MULTILINE)
    lines = [line for _, rooms in rows for line in re.sub(r"\(.*?\)", "", rooms).split(" · ")]
    numbers = [int(number) for numbers, _ in rows for number in numbers.split(",")]
    assert [set(re.findall(r"`(\w+)`", line)) for line in lines] == kept
    assert numbers == list(range(len(kept)))[::-1]
