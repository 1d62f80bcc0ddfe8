"""Starts sotabox.pyz: `.ci/zipapp.py` packs this package as the zipapp's `_bootstrap`.

On the first start of a build its packages are unpacked, of the native modules only those that this
interpreter can load. They lie in `$SHIV_ROOT`, or in the user's cache:

    {root}/{build}-{interpreter}/site-packages    whole, or not there
    {root}/{…}.partial, {…}.removed               what a process that was killed left behind

Who runs holds a shared lock on its folder, and who unpacks another build removes the folders that
nobody holds. Any Python from 3.7 on can read this, to say which one it takes.
"""

from __future__ import annotations

import fcntl
import os
import re
import sys
from importlib.machinery import EXTENSION_SUFFIXES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

_PREFIX = "site-packages/"
_FOLDER = re.compile(r"[\w.]+-cpython-\d+(\.partial|\.removed)?")
_BUILD = re.compile(rb'"build_id": "([\w.]+)"')
_SUFFIX = re.compile(r"\.cpython-(\d)(\d+t?)-(\w+?)-linux-(\w+)\.so")
_WRONG_USE = 2


def start() -> None:
    """Runs sotabox, unpacked first where it isn't yet."""
    from . import contents  # made by the build: for which interpreters it is

    suffix = EXTENSION_SUFFIXES[0]  # names interpreter, version, processor and C library
    if suffix not in contents.SUFFIXES:
        print(refusal(contents.SUFFIXES), file=sys.stderr)
        sys.exit(_WRONG_USE)
    archive = sys.path[0]
    root = os.environ.get("SHIV_ROOT") or os.path.join(_cache(), "sotabox")
    folder = os.path.join(root, f"{build_of(archive)}-{sys.implementation.cache_tag}")
    try:
        while not hold(folder):
            unpack(archive, folder, suffix)
    except OSError as error:
        sys.exit(f"sotabox: can't unpack into {root}: {error.strerror or error}\n"
                 "  Mend that, or name another folder: SHIV_ROOT=/some/folder")  # fmt: skip
    sys.path[0] = os.path.join(folder, _PREFIX.rstrip("/"))

    from sotabox.__main__ import main

    main()


def refusal(suffixes: Collection[str]) -> str:
    """What to say where a build has no native modules for this interpreter."""
    found = [match.groups() for match in map(_SUFFIX.fullmatch, sorted(suffixes)) if match]
    versions = [f"{major}.{minor}" for major, minor, _, _ in found]
    several = ", ".join(versions)
    processor, libc = found[0][2:]
    own = ".".join(map(str, sys.version_info[:3]))
    return (
        f"sotabox: this file runs on CPython {several} for {processor}-linux-{libc}; "
        f"{sys.executable} is {sys.implementation.name} {own} ({EXTENSION_SUFFIXES[0]})\n"
        f"  Run it with another: python{versions[-1]} {sys.argv[0]}"
    )


def build_of(archive: str) -> str:
    """The name of this build: a digest of what is packed."""
    found = _BUILD.search(__loader__.get_data(os.path.join(archive, "environment.json")))
    return found[1].decode()


def hold(folder: str) -> bool:
    """Keeps `folder` from being removed as long as this process runs; False where it isn't there."""
    try:
        held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)  # never closed, on purpose
        fcntl.flock(held, fcntl.LOCK_SH)
        if os.path.samestat(os.fstat(held), os.stat(folder)):  # else it went while we waited
            return True
    except FileNotFoundError:
        return False
    os.close(held)
    return False


def unpack(archive: str, folder: str, suffix: str) -> None:
    """Makes `folder`, whole or not at all; of two processes one does it and the other waits."""
    import shutil
    import zipfile

    root, partial = os.path.dirname(folder), folder + ".partial"
    os.makedirs(root, exist_ok=True)
    with open(os.path.join(root, ".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.path.isdir(folder):
            return
        clean(root, os.path.basename(folder).partition("-")[0])
        try:
            with zipfile.ZipFile(archive) as packed:
                for member in packed.infolist():
                    if is_wanted(member.filename, suffix):
                        path = packed.extract(member, partial)
                        os.chmod(path, member.external_attr >> 16)
            os.rename(partial, folder)
        except OSError:
            shutil.rmtree(partial, ignore_errors=True)  # a full disk gets its room back
            raise


def is_wanted(name: str, suffix: str) -> bool:
    """Whether a member of the archive is of use to the interpreter with a suffix."""
    other = ".cpython-" in name and name.endswith(".so") and not name.endswith(suffix)
    return name.startswith(_PREFIX) and not other


def clean(root: str, build: str) -> None:
    """Removes what is left of processes that were killed, and builds other than `build` not in use.

    The caller holds the root's lock.
    """
    import shutil

    for name in os.listdir(root):
        path, match = os.path.join(root, name), _FOLDER.fullmatch(name)
        if match is None or (not match[1] and name.startswith(build + "-")):
            continue
        held = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            gone = path if match[1] else path + ".removed"
            os.rename(path, gone)
            shutil.rmtree(gone)
        except BlockingIOError:
            pass  # an older sotabox still runs from it
        finally:
            os.close(held)


def _cache() -> str:
    return os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
