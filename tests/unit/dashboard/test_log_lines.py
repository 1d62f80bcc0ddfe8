"""Lines of a log, as a page shows them."""

import pytest

from sotabox.dashboard.log_lines import render_line

AT = "2026-03-01T12:00:00.000Z"


def test_line_has_a_link_a_source_and_its_text() -> None:
    """People count from 1; a line can be linked to."""
    html = str(render_line(11, AT, "[build] Step <1>").html)
    assert '<li id="L12" class="line"><a href="#L12"' in html
    assert '<span class="src">build</span><span class="text">Step &lt;1&gt;</span>' in html
    assert "\n" not in html, "it goes over an event stream"


@pytest.mark.parametrize(
    ("text", "tone"),
    [
        ("[build] ERROR: no such file", "bad"),
        ("[build] #7 0.911 ModuleNotFoundError: No module named 'flask'", "bad"),
        ("[build] #7 0.1 Traceback (most recent call last):", "bad"),
        ("[deploy] ✕ not healthy after 60 s", "bad"),
        ("[build] Warning: no lock file", "warn"),
        ("[build] npm warn deprecated: x", ""),
        ("[build] #7 [2/4] RUN echo ERROR: none", ""),
        ("[build] 0 errors, 0 warnings", ""),
        ("[build] compiling error_handler.c", ""),
    ],
)
def test_level_of_a_line_is_seen(text: str, tone: str) -> None:
    """Errors and warnings stand out; what only names them does not."""
    html = str(render_line(0, AT, text).html)
    assert f'class="line{" " + tone if tone else ""}"' in html


def test_hit_is_marked_whatever_its_case_and_stays_text() -> None:
    """What one looked for is marked, also where it looks like a pattern or like markup."""
    html = str(render_line(0, AT, "[build] a.B <b> A.b", find="a.b", href="?x").html)
    assert html.count("<mark>") == 2
    assert "&lt;b&gt;" in html
