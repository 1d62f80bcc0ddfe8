"""Somebody who types commands: a home, the folder of an app, a key to a box."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.box import Box


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, object]]:
        """What it printed, as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(frozen=True)
class Person:
    """Somebody with a home, the folder of an app, and a key to a box."""

    home: Path
    folder: Path
    url: str
    key: str

    def run(self, *arguments: str, logged_in: bool = True, given: str = "", **environ: str) -> Done:
        """Runs `sotabox …` as a script would: without a terminal, `given` on standard input."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("SOTA")}
        more = {"SOTA_API_URL": self.url, "SOTA_API_KEY": self.key} if logged_in else {}
        done = subprocess.run(
            [sys.executable, "-m", "sotabox", *arguments],
            check=False,
            env=kept | more | {"HOME": str(self.home)} | environ,
            cwd=self.folder,
            input=given,
            capture_output=True,
            text=True,
            timeout=120,
        )
        return Done(done.returncode, done.stdout, done.stderr)


def break_app(folder: Path) -> None:
    """Makes the app listen where nobody can reach it."""
    server = folder / "server.py"
    server.write_text(server.read_text().replace('"0.0.0.0"', '"127.0.0.1"'))


def person_at(box: Box, files: Mapping[str, str], place: Path) -> Person:
    """Somebody new with the key to a box, and the folder of an app of a name of its own."""
    folder = place / f"app-{os.urandom(3).hex()}"
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)
    (place / "home").mkdir()
    return Person(place / "home", folder, f"http://localhost:{box.port}", box.key)
