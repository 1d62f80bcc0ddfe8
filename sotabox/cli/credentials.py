"""The boxes that a person is logged in to: `~/.config/sota/credentials.json`, readable by them alone.

    {"api_key": "sota_…", "api_url": "https://box.example.com",
     "boxes": {"https://box.example.com": {"api_key": "sota_…"}}}

The official command line has its key at `api_key` in the same file. `boxes` is ours and lets a person
be logged in to several; `api_key` and `api_url` are those of the newest login, so that either program
finds the other's. What else stands in the file stays as it is.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sotabox.cli.files import write_private
from sotabox.errors import Invalid


def credentials_path(environ: Mapping[str, str]) -> Path:
    """Where the file is; who has no home, as some users in containers, has `/` for one."""
    try:
        home = Path(environ.get("HOME") or Path.home())
    except RuntimeError:
        home = Path("/")
    return home / ".config" / "sota" / "credentials.json"


@dataclass(frozen=True, slots=True)
class Credentials:
    """The file's content; changes give another one."""

    content: Mapping[str, Any] = field(default_factory=dict)

    @property
    def current(self) -> str | None:
        """The address of the box of the newest login."""
        url = self.content.get("api_url")
        return url if isinstance(url, str) and url else None

    @property
    def boxes(self) -> dict[str, str]:
        """Keys by the address of their box."""
        rows = self.content.get("boxes")
        if not isinstance(rows, Mapping):
            return {}
        return {
            url: row["api_key"]
            for url, row in rows.items()
            if isinstance(row, Mapping) and isinstance(row.get("api_key"), str)
        }

    def key_for(self, url: str) -> str | None:
        """The key to a box.

        Without one of ours it is the key that the official program left, unless that is known to
        be another box's: a key is never shown to a box that it isn't for.
        """
        if url in self.boxes:
            return self.boxes[url]
        key = self.content.get("api_key")
        if not isinstance(key, str) or key in self.boxes.values():
            return None
        return key if self.current in {None, url} else None

    def with_box(self, url: str, key: str) -> "Credentials":
        """With the login to a box, which becomes the current one."""
        boxes = {**self._rows(), url: {"api_key": key}}
        return Credentials({**self.content, "api_key": key, "api_url": url, "boxes": boxes})

    def without_box(self, url: str) -> "Credentials":
        """Without the login to a box; another one, if there is one, becomes the current."""
        boxes = {other: row for other, row in self._rows().items() if other != url}
        content = {name: value for name, value in self.content.items() if name != "boxes"}
        if self.current in {None, url}:
            content.pop("api_key", None)
            content.pop("api_url", None)
            if boxes:
                other = next(reversed(boxes))
                content |= {"api_url": other, "api_key": boxes[other]["api_key"]}
        return Credentials({**content, **({"boxes": boxes} if boxes else {})})

    def _rows(self) -> dict[str, Any]:
        rows = self.content.get("boxes")
        return dict(rows) if isinstance(rows, Mapping) else {}


def read_credentials(path: Path) -> Credentials:
    """What the file holds; nothing where there is none.

    Raises:
        Invalid: it isn't ours to read, or no JSON object.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Credentials()
    except (OSError, ValueError) as error:
        raise Invalid(
            f"{path} can't be read: {error}", hint="Correct it, or remove it and log in again."
        ) from error
    if not isinstance(content, dict):
        raise Invalid(f"{path} holds no JSON object", hint="Remove it and log in again.")
    return Credentials(content)


def write_credentials(path: Path, credentials: Credentials) -> None:
    """Replaces the file, whole or not at all; with nothing to keep, it goes."""
    if not credentials.content:
        path.unlink(missing_ok=True)
        return
    write_private(path, json.dumps(credentials.content, indent=2) + os.linesep)
