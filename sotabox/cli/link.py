"""Which project a folder belongs to: `.sota.json`, as the official command line writes it too."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sotabox.cli.files import write_shared
from sotabox.errors import Invalid

FILE_NAME: Final = ".sota.json"


@dataclass(frozen=True, slots=True)
class Link:
    """A project by id and slug."""

    project_id: str
    project_slug: str


def read_link(folder: Path) -> Link | None:
    """The project of a folder; None where it has none.

    Raises:
        Invalid: the file names no project.
    """
    path = folder / FILE_NAME
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Link(str(content["project_id"]), str(content.get("project_slug") or ""))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Invalid(
            f"{path} names no project ({error})", hint=f"Remove it, then: sotabox init {folder}"
        ) from error


def find_link(folder: Path) -> Link | None:
    """The project of a folder, or else of the nearest one above it that has one."""
    start = folder.absolute()
    return next((link for place in (start, *start.parents) if (link := read_link(place))), None)


def write_link(folder: Path, link: Link) -> None:
    """Makes a folder belong to a project."""
    content = {"project_id": link.project_id, "project_slug": link.project_slug}
    write_shared(folder / FILE_NAME, json.dumps(content, indent=2) + "\n")
