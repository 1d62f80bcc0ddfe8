"""Golden Dockerfiles: the text that a plan renders to, kept in `tests/golden/dockerfiles/`."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

_FOLDER = Path(__file__).parents[2] / "golden" / "dockerfiles"


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compares a text with the file `{name}.Dockerfile`.

    `SOTABOX_GOLDEN=write` writes the file instead; read the difference before it is committed.
    """

    def compare(name: str, text: str) -> None:
        path = _FOLDER / f"{name}.Dockerfile"
        if os.environ.get("SOTABOX_GOLDEN") == "write":
            path.write_text(text)
        assert path.read_text() == text

    return compare
