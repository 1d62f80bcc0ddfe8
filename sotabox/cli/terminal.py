"""The screen of a command: lines, colour that means a state, and one line that rewrites itself."""

import io
import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TextIO

from sotabox.cli.columns import fold
from sotabox.errors import BadRequest

_CODES: Final = {"ok": "32", "bad": "31", "warn": "33", "busy": "36", "muted": "2", "strong": "1"}
_SPARSELY_S: Final = 10.0
_NO_SCREEN: Final = 120  # a log or a program reads it: nothing is folded
_CLEAR: Final = "\r\x1b[K"


@dataclass(slots=True)
class Screen:
    """Where a command writes.

    Attributes:
        live: it is a terminal, on which a line may rewrite itself.
        colour: states have colours.
    """

    out: TextIO
    live: bool
    colour: bool
    width: int = 80
    clock: Callable[[], float] = time.monotonic
    _pending: bool = field(default=False, init=False)
    _last: float = field(init=False)

    def __post_init__(self) -> None:
        self._last = self.clock()

    def line(self, text: str = "") -> None:
        """Writes a line that stays; a line of progress makes room for it."""
        self._clear()
        self.out.write(f"{text}\n")
        self.out.flush()
        self._last = self.clock()

    def prose(self, text: str, hang: int = 0, *, tone: str | None = None) -> None:
        """Writes a line that stays, on a terminal as several where it is too long for one.

        Args:
            text: prose, which may break between any two words.
            hang: how far the lines after the first are indented.
            tone: the state whose colour it has.
        """
        for part in fold(text, self.width, hang) if self.live else [text]:
            self.line(self.paint(tone, part) if tone else part)

    def progress(self, text: str) -> None:
        """Says what goes on: in place on a terminal, else now and then."""
        if self.live:
            self.out.write(_CLEAR + _cut(text, self.width - 1))
            self.out.flush()
            self._pending = True
        elif self.clock() - self._last >= _SPARSELY_S:
            self.line(text)

    def close(self) -> None:
        """Takes away a line of progress, so that what comes next begins at the margin."""
        self._clear()

    def paint(self, tone: str, text: str) -> str:
        """The text in the colour of a state."""
        return f"\x1b[{_CODES[tone]}m{text}\x1b[0m" if self.colour else text

    def _clear(self) -> None:
        if self._pending:
            self.out.write(_CLEAR)
            self.out.flush()
            self._pending = False


def make_screen(
    environ: Mapping[str, str], *, no_colour: bool, out: TextIO | None = None
) -> Screen:
    """The screen of this process, with colour where a person sees it and wants it."""
    stream = out or sys.stdout
    live = stream.isatty() and environ.get("TERM") != "dumb"
    colour = live and not no_colour and not environ.get("NO_COLOR")
    return Screen(stream, live, colour, shutil.get_terminal_size().columns if live else _NO_SCREEN)


def prepare_streams() -> None:
    """Lets the standard streams be there and take any text.

    A letter that the locale has none for becomes a `?`; a stream that was closed reads or writes nothing.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115
        elif mode == "w" and isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def may_ask() -> bool:
    """Whether somebody is there who could answer a question."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def ask(question: str, *, hidden: bool = False) -> str:
    """What somebody answers; the question is not written to standard output.

    Raises:
        BadRequest: they end the input (Ctrl-D) in place of answering.
    """
    try:
        if hidden:
            import getpass

            return getpass.getpass(question)
        print(question, end="", file=sys.stderr, flush=True)
        return input().strip()
    except EOFError as error:
        print(file=sys.stderr)
        raise BadRequest("Nothing was answered, so nothing was done") from error


def width_of_errors(environ: Mapping[str, str]) -> int | None:
    """How wide the terminal is that shows standard error; None where that is no terminal."""
    if not sys.stderr.isatty() or environ.get("TERM") == "dumb":
        return None
    return shutil.get_terminal_size().columns


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: max(width - 1, 0)]}…"
