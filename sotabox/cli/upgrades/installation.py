"""The program of this server, as install.sh put it in place: which file, how it is run, its units.

…/lib/sotabox/sotabox.pyz            the program
…/lib/sotabox/sotabox.pyz.previous   the one before the last upgrade
…/lib/sotabox/next/sotabox.pyz       one that is looked at before it takes its place
…/lib/sotabox/unpacked/{digest}/     what each of them unpacked itself into
…/lib/sotabox/running                the digest by which install.sh knows what runs
…/bin/sotabox                        the launcher: settings, Python, the folder to unpack into
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sotabox.cli.configuration import CONFIG_VARIABLE
from sotabox.errors import Conflict, Invalid, NotFound
from sotabox.upkeep.scratch import sync_folder

#: Below the root, or the prefix; install.sh holds the same: the two would undo each other's work.
_LOCK: Final = Path("run/lock/sotabox-install")
_PACKED_AT: Final = re.compile(r'SHIV_ROOT="[^"]*"')
_PREVIOUS: Final = ".previous"
_BEFORE: Final = ".before"
_UNPACK_WITHIN_S: Final = 300


@dataclass(frozen=True, slots=True)
class Installation:
    """A program in its place. `config` is its configuration file, which may not be there."""

    program: Path
    launcher: Path
    config: Path
    python: Path

    @classmethod
    def find(cls, environ: Mapping[str, str]) -> "Installation":
        """The installation that this process runs from.

        Raises:
            NotFound: it doesn't run from one.
        """
        program = Path(sys.argv[0].removesuffix(_PREVIOUS).removesuffix(_BEFORE)).absolute()
        launcher = program.parents[2] / "bin" / "sotabox" if len(program.parents) > 2 else program
        if not (zipfile.is_zipfile(program) and launcher.is_file()):
            raise NotFound(
                "This sotabox was not put in place by install.sh, which this command is for",
                hint="Upgrade or remove it the way it came (git, pipx), and restart serve yourself.",
            )
        config = Path(environ.get(CONFIG_VARIABLE, ""))
        return cls(program, launcher, config, Path(sys.executable))

    @property
    def previous(self) -> Path:
        """The program before the last upgrade."""
        return self.program.with_name(self.program.name + _PREVIOUS)

    @property
    def before(self) -> Path:
        """The program before the upgrade that is under way."""
        return self.program.with_name(self.program.name + _BEFORE)

    @property
    def staged(self) -> Path:
        """Named like the program: what it unpacks is found under that name again."""
        return self.program.parent / "next" / self.program.name

    def unpacked(self, digest: str) -> Path:
        """Where the program of a digest unpacks itself."""
        return self.program.parent / "unpacked" / digest[:12]

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keeps install.sh and other upgrades away for the time of the block.

        Raises:
            Conflict: one is at work.
        """
        path = self.program.parents[4] / _LOCK  # from …/usr/local/lib/sotabox/sotabox.pyz
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Conflict(
                    "install.sh or another upgrade is at work on this server",
                    hint="Wait until it has ended.",
                ) from error
            yield

    def stage(self, file: Path) -> str:
        """Lays a file ready to be looked at; its digest."""
        self.clear_stage()
        self.staged.parent.mkdir()
        shutil.copyfile(file, self.staged)
        self.staged.chmod(0o755)
        _sync(self.staged)
        return digest_of(self.staged)

    def clear_stage(self) -> None:
        shutil.rmtree(self.staged.parent, ignore_errors=True)

    def unpack(self, digest: str) -> None:
        """Has the staged program unpack and compile itself, so that it starts fast later.

        Raises:
            Invalid: it does not run here.
        """
        folder = self.unpacked(digest)
        folder.mkdir(parents=True, exist_ok=True)
        self.ask(digest, "--version")
        done = folder / "complete"
        if not done.exists():
            command = [str(self.python), "-m", "compileall", "-q", "-j", "0", str(folder)]
            subprocess.run(command, check=False, capture_output=True, timeout=_UNPACK_WITHIN_S)
            done.touch()

    def ask(self, digest: str, *arguments: str) -> str:
        """What the staged program prints.

        Raises:
            Invalid: it fails, with the end of what it said.
        """
        environ = {**os.environ, "SHIV_ROOT": str(self.unpacked(digest))}
        command = [str(self.python), "-I", "-S", str(self.staged), *arguments]
        try:
            done = subprocess.run(
                command, env=environ, capture_output=True, text=True, check=False,
                timeout=_UNPACK_WITHIN_S,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise Invalid(f"The new sotabox does not answer to {arguments[0]}") from error
        if done.returncode != 0:
            said = " ".join(done.stderr.split())[-400:] or f"exit code {done.returncode}"
            raise Invalid(
                f"The new sotabox does not run with {self.python}: {said}",
                hint="It may be made for another version of Python or another processor.",
            )
        return str(done.stdout).strip()

    def keep_before(self) -> None:
        """Keeps the program in place beside itself, for going back. May be repeated."""
        _link(self.program, self.before)

    def settle(self) -> None:
        """What is in place stays; the one before it is from now on the previous one."""
        if not self.before.exists():
            return
        if digest_of(self.before) == digest_of(self.program):  # it came back
            self.before.unlink()
        else:
            self.before.replace(self.previous)

    def put_in_place(self, file: Path, digest: str) -> None:
        """Makes a file the program, and has the launcher run it. May be repeated.

        Between the two renames the launcher has the new program unpack in the folder of the one
        before, under a name of its own: which costs a second and harms nothing.
        """
        _link(file, self.program)
        text = self.launcher.read_text(encoding="utf-8")
        root = f'SHIV_ROOT="{self.unpacked(digest)}"'
        _replace(self.launcher, _PACKED_AT.sub(lambda _: root, text, count=1), 0o755)

    def note_running(self) -> None:
        """Tells `sotabox setup` that what is in place is what runs."""
        _replace(self._running, self._fingerprint(), 0o644)

    def is_running(self) -> bool:
        """Whether what was started last is what is in place, with the settings in place."""
        return (
            self._running.is_file()
            and self._running.read_text(encoding="utf-8") == self._fingerprint()
        )

    @property
    def _running(self) -> Path:
        return self.program.parent / "running"

    def _fingerprint(self) -> str:
        files = (self.program, self.config, self.launcher)
        content = b"".join(file.read_bytes() for file in files if file.is_file())
        return f"{hashlib.sha256(content).hexdigest()}  -\n"

    def clear_unpacked(self) -> None:
        """Removes what other programs than this one and the previous one unpacked."""
        kept = {self.unpacked(digest_of(self.program))}
        if self.previous.exists():
            kept.add(self.unpacked(digest_of(self.previous)))
        for folder in self.unpacked("").iterdir():
            if folder not in kept:
                shutil.rmtree(folder, ignore_errors=True)


def digest_of(file: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _link(file: Path, path: Path) -> None:
    """Gives a file a second name, in place of what had that.

    Renaming one name of a file to another of its names does nothing (rename(2)): what is then left
    goes.
    """
    fresh = path.with_name(f"{path.name}.linked")
    fresh.unlink(missing_ok=True)
    os.link(file, fresh)
    fresh.replace(path)
    fresh.unlink(missing_ok=True)
    sync_folder(path.parent)


def _replace(path: Path, text: str, mode: int) -> None:
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_text(text, encoding="utf-8")
    fresh.chmod(mode)
    _sync(fresh)
    fresh.replace(path)
    sync_folder(path.parent)


def _sync(file: Path) -> None:
    with file.open("rb") as opened:
        os.fsync(opened.fileno())
