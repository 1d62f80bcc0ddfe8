"""A log's colours survive, its markup does not."""

import pytest

from sotabox.dashboard.ansi import render


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ('plain <b> & "q"', "plain &lt;b&gt; &amp; &#34;q&#34;"),
        ("\x1b[31mred\x1b[0m", '<span class="a-red">red</span>'),
        ("\x1b[1;92mb\x1b[22m n", '<span class="a-bold a-green">b</span><span class="a-green"> n</span>'),
        ("\x1b[4mu\x1b[24mn", '<span class="a-underline">u</span>n'),
        ("\x1b[38;5;196mfar\x1b[39m", "far"),
        ("\x1b[38;2;1;2;3;31mthen red", '<span class="a-red">then red</span>'),
        ("\x1b[mreset", "reset"),
        ("\x1b[31m<script>\x1b[0m", '<span class="a-red">&lt;script&gt;</span>'),
        ("\x1b]0;title\x1b\\text\x1b[2K", "text"),
        ("\x1b[31", "31"),
        ('\x1b[31"onload=x m', None),
        ("\x1b[" + "9" * 5000 + "m long", " long"),
    ],
)  # fmt: skip
def test_text_is_escaped_and_coloured(text: str, html: str | None) -> None:
    """Sequences become classes of ours; anything else of them goes."""
    result = str(render(text))
    assert "\x1b" not in result
    if html is None:
        assert '"onload' not in result
    else:
        assert result == html
