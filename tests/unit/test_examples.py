"""The examples in docstrings."""

import doctest
from importlib import import_module
from pathlib import Path
from typing import Final

import pytest

import sotabox

_ROOT: Final = Path(sotabox.__file__).parent
_WITH_EXAMPLES: Final = [
    ".".join(("sotabox", *path.relative_to(_ROOT).with_suffix("").parts))
    for path in sorted(_ROOT.rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("name", _WITH_EXAMPLES)
def test_examples_in_docstrings_are_true(name: str) -> None:
    """What a docstring shows is what happens."""
    outcome = doctest.testmod(import_module(name))
    assert outcome.attempted
    assert not outcome.failed
