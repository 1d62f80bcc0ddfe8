"""A terminal with a shell in it, as a person has one: tmux, typed into and looked at."""

import os
import re
import secrets
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SCREENS = Path(__file__).resolve().parents[1] / "golden" / "cli"
_WIDTH, _HEIGHT = 112, 50
_LONGEST_S = 90
#: What differs from run to run, and what it is shown as.
_VARYING = (
    (re.compile(r"\b\d+\.\d s$", re.MULTILINE), "0.0 s"),
    (re.compile(r"switched in \d+ ms"), "switched in 2 ms"),
    (re.compile(r"\b[0-9a-f]{8}\b"), "7c9e6679"),
    (re.compile(r"localhost:\d+"), "localhost:38080"),
    (re.compile(r"\bversion of \d\d:\d\d\b"), "version of 14:02"),
    (re.compile(r"just now|\d+ s ago|\d+ min ago"), "just now"),
    (re.compile(r"sota_[0-9a-f]{40}"), "sota_…"),
)


@dataclass(frozen=True)
class Terminal:
    """One window of a tmux server of its own."""

    socket: str

    def type(self, command: str) -> None:
        """Types a command and waits until the shell asks for the next one."""
        self.begin(command)
        self.await_prompt()

    def begin(self, command: str) -> None:
        """Types a command that goes on."""
        self.tmux("send-keys", "-l", command)
        self.tmux("send-keys", "Enter")

    def press(self, key: str) -> None:
        """Presses a key, as tmux names it."""
        self.tmux("send-keys", key)

    def await_text(self, pattern: str) -> str:
        """What the first group of `pattern` matches, once the window shows it."""
        deadline = time.monotonic() + _LONGEST_S
        while (match := re.search(pattern, self.tmux("capture-pane", "-p"))) is None:
            assert time.monotonic() < deadline, f"{pattern} never came:\n{self.screen()}"
            time.sleep(0.05)
        return match[1]

    def await_prompt(self) -> None:
        """Returns when the shell takes keys: what is typed a moment earlier is shown twice."""
        self.tmux("wait-for", "prompt")
        deadline = time.monotonic() + _LONGEST_S
        while not self.tmux("capture-pane", "-p").rstrip().endswith("$"):
            assert time.monotonic() < deadline, f"no prompt:\n{self.screen()}"
            time.sleep(0.01)

    def screen(self) -> str:
        """What a person sees, with what differs from run to run made the same."""
        lines = self.tmux("capture-pane", "-p").rstrip().removesuffix("\n$").splitlines()
        text = "\n".join(line.rstrip() for line in lines) + "\n"
        for pattern, shown in _VARYING:
            text = pattern.sub(shown, text)
        return text

    def clear(self) -> None:
        """Empties the window."""
        self.type("clear")

    def tmux(self, *arguments: str) -> str:
        return subprocess.run(
            ["tmux", "-L", self.socket, *arguments],
            check=True,
            capture_output=True,
            text=True,
            timeout=_LONGEST_S,
        ).stdout


@contextmanager
def terminal(folder: Path, home: Path, more: Mapping[str, str] | None = None) -> Iterator[Terminal]:
    """A shell in `folder`, with `sotabox` on its path and nothing of the test's own settings."""
    programs = home / "bin"
    programs.mkdir(parents=True)
    launcher = programs / "sotabox"
    launcher.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m sotabox "$@"\n')
    launcher.chmod(0o755)
    environ = {
        "HOME": str(home),
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
        # In here, as a shell that is no terminal's, which tmux begins with, forgets PS1.
        "PROMPT_COMMAND": "PS1='$ '; tmux wait-for -S prompt",
        **(more or {}),
    }
    window = Terminal(f"sotabox-test-{secrets.token_hex(4)}")
    start = [
        "tmux", "-L", window.socket, "-f", "/dev/null", "new-session", "-d",
        "-x", str(_WIDTH), "-y", str(_HEIGHT), "-c", str(folder), "bash --noprofile --norc",
    ]  # fmt: skip
    subprocess.run(start, env=environ, check=True, timeout=_LONGEST_S)
    try:
        window.await_prompt()
        yield window
    finally:
        window.tmux("kill-server")


def assert_screen(window: Terminal, name: str) -> None:
    """The window shows what is kept under `name`; SOTABOX_KEEP_SCREENS=1 keeps what it shows."""
    path = SCREENS / name
    if os.environ.get("SOTABOX_KEEP_SCREENS"):
        path.write_text(window.screen(), encoding="utf-8")
    assert window.screen() == path.read_text(encoding="utf-8")
