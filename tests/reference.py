"""Writes the pages of docs/ that are made from code: `make docs`. A test compares them."""

from pathlib import Path
from typing import Final

from sotabox.settings import TABLE, Row

SETTINGS_PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "settings.md"
HEAD: Final = """\
# Settings

<!-- Written by `make docs` from sotabox/settings.py: change it there. -->

Each setting is a flag of `sotabox serve` and an environment variable. The flag wins over the
variable, the variable over the default.

| variable | flag | default | unit | meaning |
|---|---|---|---|---|
"""


def render_settings() -> str:
    """The whole page, one line a setting, in the table's order."""
    return HEAD + "".join(map(_line, TABLE))


def _line(row: Row) -> str:
    default = f"`{row.default}`" if str(row.default) else "none"
    return f"| `{row.env}` | `{row.flag}` | {default} | {row.unit} | {row.help} |\n"


if __name__ == "__main__":
    SETTINGS_PAGE.write_text(render_settings(), encoding="utf-8")
