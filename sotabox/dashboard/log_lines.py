"""Lines of logs as HTML (pure)."""

import re
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup, escape

from sotabox.dashboard import ansi
from sotabox.web.ansi import strip_escapes

#: At most so many lines are in a page; those before them come when asked for.
WINDOW: Final = 500

_PREFIX: Final = re.compile(r"\[([a-z]{1,16})\] ?")
#: What BuildKit writes before a line (`#5 0.911 `); a step's own name (`#5 [2/4] RUN …`) tells nothing.
_STEP: Final = re.compile(r"#\d+ (?:\d+\.\d+ )?")
_BAD: Final = re.compile(
    r"(?i)^\s*(\[?(error|fatal|critical|panic)\b|traceback|npm err!|✕)"
    r"|\b\w*(error|exception|panic)\s*:|\bfailed with exit code\b"
)
_WARN: Final = re.compile(r"(?i)^\s*\[?(warn(ing)?|deprecated)\b|\b\w*warn(ing)?\s*:")


@dataclass(frozen=True, slots=True)
class Line:
    """A line as a page shows it; `html` is the whole list item."""

    number: int
    html: Markup


def render_line(number: int, at: str, text: str, *, find: str = "", href: str = "") -> Line:
    """The list item of a line.

    Args:
        number: from 0, as the log counts; people count from 1.
        at: when it was written, RFC 3339.
        text: what was written, escapes and prefix included.
        find: what to mark in it.
        href: where its number leads; to itself by default.
    """
    match = _PREFIX.match(text)
    source, rest = (match[1], text[match.end() :]) if match else ("", text)
    plain = strip_escapes(rest)
    body = _marked(plain, find) if find else ansi.render(rest)
    return Line(
        number,
        Markup(
            '<li id="L{n}" class="line{tone}"><a href="{href}" title="{at}">{n}</a>'
            '<span class="src">{source}</span><span class="text">{body}</span></li>'
        ).format(
            n=number + 1,
            tone=_tone(plain),
            href=href or f"#L{number + 1}",
            at=at,
            source=source,
            body=body,
        ),
    )


def matches(text: str, find: str) -> bool:
    """Whether a line holds what is looked for; case does not matter."""
    return find.casefold() in strip_escapes(text).casefold()


def _tone(text: str) -> str:
    step = _STEP.match(text)
    said = text[step.end() :] if step else text
    if step and said.startswith("["):
        return ""
    if _BAD.search(said):
        return " bad"
    return " warn" if _WARN.search(said) else ""


def _marked(text: str, find: str) -> Markup:
    parts = re.split(f"({re.escape(find)})", text, flags=re.IGNORECASE)
    return Markup("").join(
        Markup("<mark>{}</mark>").format(part) if at % 2 else escape(part)
        for at, part in enumerate(parts)
    )
