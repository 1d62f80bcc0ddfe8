"""Escape sequences in logs."""

import pytest

from sotabox.web.ansi import keep_colours, strip_escapes


@pytest.mark.parametrize(
    ("written", "plain", "coloured"),
    [
        ("no colours", "no colours", "no colours"),
        ("\x1b[1;32mdone\x1b[0m", "done", "\x1b[1;32mdone\x1b[0m"),
        ("\x1b[38:2:1:2:3mx", "x", "\x1b[38:2:1:2:3mx"),
        ("50%\x1b[2K\x1b[1G100%", "50%100%", "50%100%"),
        ("\x1b]0;owned\x1b\\text", "text", "text"),
        ("\x1b]0;owned\x07text", "text", "text"),
        ("\x1b]0;never ended", "", ""),
        ("\x1b(Btext\x1bM", "text", "text"),
        ("\x1b", "", ""),
        ("a\x1b[?25lb", "ab", "ab"),
        ("1 %\r2 %\tof it", "1 % 2 %\tof it", "1 % 2 %\tof it"),
        ("a\x08\x00\x07\x9b2Jb\x7f", "a2Jb", "a2Jb"),
    ],
)
def test_escapes_go_and_colours_stay_where_wanted(written: str, plain: str, coloured: str) -> None:
    """A log shows its words; with `?ansi=1` its colours too, but nothing that moves a cursor."""
    assert strip_escapes(written) == plain
    assert keep_colours(written) == coloured
