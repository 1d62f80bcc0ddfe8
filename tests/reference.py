"""Writes what is made from code, pages of docs/ and golden files: `make docs`. Tests compare them."""

import hashlib
import inspect
import json
from pathlib import Path
from typing import Final

from sqlite_utils import Database

from sotabox.api.routes import openapi
from sotabox.settings import TABLE, Row
from sotabox.store.migrations import SCHEMA

ROOT: Final = Path(__file__).resolve().parent.parent
SETTINGS_PAGE: Final = ROOT / "docs" / "settings.md"
OPENAPI: Final = ROOT / "tests" / "golden" / "openapi.json"
SCHEMAS: Final = ROOT / "tests" / "golden" / "schemas"
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


def render_steps() -> dict[str, str]:
    """A digest of the source of each step of the schema, by its name, in order."""
    return {
        step.name: hashlib.sha256(inspect.getsource(step.fn).encode()).hexdigest()
        for step in SCHEMA.pending(Database(memory=True))
    }


def stored_steps() -> dict[str, str]:
    """Those that were noted when they were committed."""
    path = SCHEMAS / "steps.json"
    found: dict[str, str] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return found


if __name__ == "__main__":
    steps = render_steps() | stored_steps()  # what was noted stays as it is
    (SCHEMAS / "steps.json").write_text(json.dumps(steps, indent=1) + "\n", encoding="utf-8")
    SETTINGS_PAGE.write_text(render_settings(), encoding="utf-8")
    OPENAPI.write_text(render_api(), encoding="utf-8")
