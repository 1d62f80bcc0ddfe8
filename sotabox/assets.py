"""Where files that are not code lie: templates, static, examples, docs.

In a checkout they are folders beside the package; in a wheel or zipapp they are inside it, under an
underscore (`force-include` in pyproject.toml). Both are plain folders on disk: a zipapp is unpacked.
"""

from pathlib import Path
from typing import Final, Literal

_PACKAGE: Final = Path(__file__).resolve().parent

Name = Literal["templates", "static", "examples", "docs"]


def folder(name: Name) -> Path:
    """The folder `name`, wherever this copy of sotabox keeps it.

    Raises:
        FileNotFoundError: this copy was packed without it.
    """
    for candidate in (_PACKAGE / f"_{name}", _PACKAGE.parent / name):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"sotabox was packed without its {name}: looked beside {_PACKAGE}")


def release_key() -> str:
    """The public key that releases are signed with, in OpenSSH's form; empty: this is none of them."""
    file = _PACKAGE / "release.pub"  # put there by .ci/release.py
    return file.read_text(encoding="ascii").strip() if file.is_file() else ""
