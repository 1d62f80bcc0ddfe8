"""Writes what is made from code, pages of docs/ and golden files: `make docs`. Tests compare them."""

import json
from pathlib import Path
from typing import Final

from sotabox.api.routes import openapi
from sotabox.settings import TABLE, Row

ROOT: Final = Path(__file__).resolve().parent.parent
SETTINGS_PAGE: Final = ROOT / "docs" / "settings.md"
OPENAPI: Final = ROOT / "tests" / "golden" / "openapi.json"
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


def render_api() -> str:
    """The OpenAPI document, without the version that each release changes."""
    document = openapi()
    document["info"]["version"] = "any"
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    SETTINGS_PAGE.write_text(render_settings(), encoding="utf-8")
    OPENAPI.write_text(render_api(), encoding="utf-8")
