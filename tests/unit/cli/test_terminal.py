"""A screen with a person before it, and one without."""

import io
import sys

import pytest

from sotabox.cli.terminal import Screen, ask, make_screen
from sotabox.errors import BadRequest


class Clock:
    """A clock that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_progress_on_a_terminal_rewrites_itself_and_goes() -> None:
    """Progress takes one line, never more than the window, and leaves nothing behind."""
    out = io.StringIO()
    screen = Screen(out, live=True, colour=False, width=12)
    screen.progress("1 of 2")
    screen.progress("2 of 2 and much more")
    screen.line("done")
    assert out.getvalue() == "\r\x1b[K1 of 2\r\x1b[K2 of 2 and…\r\x1b[Kdone\n"


def test_prose_breaks_between_words_and_is_whole_in_a_log() -> None:
    """On a small terminal no word is taken apart; what a program reads stays one line."""
    shown, logged = io.StringIO(), io.StringIO()
    text = "  ✕ it listens on 127.0.0.1:5000 alone"
    Screen(shown, live=True, colour=True, width=30).prose(text, 4, tone="bad")
    Screen(logged, live=False, colour=False, width=30).prose(text, 4, tone="bad")
    assert (
        shown.getvalue()
        == "\x1b[31m  ✕ it listens on\x1b[0m\n\x1b[31m    127.0.0.1:5000 alone\x1b[0m\n"
    )
    assert logged.getvalue() == f"{text}\n"


def test_progress_in_a_log_is_a_line_now_and_then() -> None:
    """A log file of CI gets a line every ten seconds of silence, and no escape codes."""
    out, clock = io.StringIO(), Clock()
    screen = Screen(out, live=False, colour=False, clock=clock)
    for clock.now in (1.0, 9.0, 10.0, 15.0, 20.5):
        screen.progress(f"at {clock.now:g}")
    assert out.getvalue() == "at 10\nat 20.5\n"


@pytest.mark.parametrize(
    ("environ", "no_colour", "expected"),
    [
        ({}, False, True),
        ({"NO_COLOR": "1"}, False, False),
        ({}, True, False),
        ({"TERM": "dumb"}, False, False),
    ],
)
def test_colour_is_the_persons_choice(
    environ: dict[str, str], *, no_colour: bool, expected: bool
) -> None:
    """NO_COLOR and --no-color are obeyed, also on a terminal."""
    terminal = io.StringIO()
    terminal.isatty = lambda: True  # type: ignore[method-assign]
    assert make_screen(environ, no_colour=no_colour, out=terminal).colour is expected


def test_pipe_has_no_colour() -> None:
    """What is piped into a file holds no escape codes."""
    screen = make_screen({}, no_colour=False, out=io.StringIO())
    assert screen.paint("ok", "fine") == "fine"


@pytest.mark.parametrize(
    ("typed", "answer"), [("shop\n", "shop"), (" shop \n", "shop"), ("\n", "")]
)
def test_question_keeps_standard_output_clean(
    typed: str, answer: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is asked does not get into what a program reads (`--json > file`)."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    assert ask("Its slug: ") == answer
    assert tuple(capsys.readouterr()) == ("", "Its slug: ")


def test_question_that_nobody_answers_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-D at a question is a no, and no fault of the program."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    with pytest.raises(BadRequest, match="Nothing was answered"):
        ask("Its slug: ")
