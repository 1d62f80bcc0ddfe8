"""Languages whose build leaves one program: where it lies, and what of the tree stays beside it.

Apps open `templates/`, `migrations/` or `config.toml` by paths relative to where they run, so the
image holds the tree, without the sources that only the compiler reads.
"""

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from posixpath import dirname
from typing import Final

from sotabox.builds.plan import APP_DIR, BUILD, DEPENDENCIES, Carry
from sotabox.builds.source import Tree

#: Names that mean "this one serves", the most telling first.
SERVING: Final = ("server", "api", "web", "app")
#: The certificate authorities that the build's image trusts; the small run image has none.
CERTIFICATES: Final = Carry(
    DEPENDENCIES, "/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/certs/ca-certificates.crt"
)
#: What the final image of a program holds: the certificates, which never change, then the tree.
CARRIES: Final = (CERTIFICATES, Carry(BUILD, APP_DIR, APP_DIR))

_RELATIVE: Final = re.compile(r"(?:\./)?((?:[\w.-]+/)*[\w.-]+)")


def program_path(tree: Tree, name: str, directory: str, start: str | None) -> str:
    """Where the program is put, relative to the tree.

    Args:
        directory: where it runs ("" is the root).
        start: a person's start command; one that begins with a path to the program (`bin/web`,
            `./target/release/web`) finds it there.
    """
    word = named_program(start)
    if word and word.rpartition("/")[2] == name and "/" in (start or "").split()[0]:
        return "/".join(part for part in (directory, word) if part)
    place = "/".join(part for part in (directory, name) if part)
    return f"{place}.bin" if tree.exists(place) else place


def named_program(start: str | None) -> str:
    """The relative path of the program that a start command begins with; "" if there is none."""
    words = (start or "").split()
    found = _RELATIVE.fullmatch(words[0]) if words else None
    return found[1] if found else ""


def serving(names: Sequence[str], *own: str) -> str | None:
    """The name that most looks like the app that serves; None if none does.

    Args:
        own: the project's names, which mean the same.
    """
    wanted = (*SERVING, *own)
    for want in wanted:
        if want in names:
            return want
    for want in SERVING:
        for name in names:
            if want in re.split(r"[-_]", name):
                return name
    return None


def strip_command(endings: Iterable[str], directories: Sequence[str] = ()) -> str:
    """The command that takes sources out of the build's tree."""
    names = " -o ".join(f"-name {shlex.quote('*' + ending)}" for ending in endings)
    removed = f"rm -rf {' '.join(map(shlex.quote, directories))} && " if directories else ""
    return rf"{removed}find . -type f \( {names} \) -delete"


def directories_above(directory: str) -> Iterator[str]:
    """The directories that hold `directory`, from the inside out; "" is the last.

    >>> list(directories_above("apps/web"))
    ['apps', '']
    """
    while directory:
        directory = dirname(directory)
        yield directory
