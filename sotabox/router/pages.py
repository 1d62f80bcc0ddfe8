"""What visitors read when no app answers: the words, and their three forms.

Caddy sends HTML to who accepts it, the API's error shape to who accepts JSON, plain text to others.
The words stand here once; `templates/errors/page.html` is the frame around them. The host's name
is put in by Caddy in each request, and only for hosts that a route matched exactly: an
unknown host's name is never echoed.
"""

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from string import Template
from typing import Any, Final

#: Caddy's placeholder for the host that was asked for, without its port.
HOST: Final = "{http.request.host}"

_STYLE: Final = re.compile(r"<style>(.*?)</style>", re.DOTALL)


class PageKind(StrEnum):
    """Why a visitor meets us instead of an app."""

    UNKNOWN_HOST = "unknown_host"  # no project answers to this name
    WAITING = "waiting"  # the project has no deployment yet
    PAUSED = "paused"  # somebody stopped the app
    APP_DOWN = "app_down"  # the app should answer and does not
    BOX_DOWN = "box_down"  # the control plane does not answer; apps do
    FAULT = "fault"  # the request met a limit of the proxy itself


@dataclass(frozen=True, slots=True)
class Page:
    """One page in all its forms, ready for Caddy; `status` may be a placeholder."""

    status: str
    html: str
    json: str
    text: str
    style_digest: str
    retry_after_s: int | None = None


@dataclass(frozen=True, slots=True)
class _Words:
    status: str
    code: str
    shape: str
    tone: str
    title: str
    message: str
    hint: str
    commands: tuple[str, ...] = ()
    retry_after_s: int | None = None
    reload_s: int | None = None


_ERROR_STATUS: Final = "{http.error.status_code}"
_WORDS: Final[Mapping[PageKind, _Words]] = {
    PageKind.UNKNOWN_HOST: _Words(
        status="404",
        code="unknown_host",
        shape="○",
        tone="idle",
        title="Nothing lives at this address",
        message="This server answers, but no app on it has this name.",
        hint="Check the spelling. If the app or its domain is new, add it to its project first.",
    ),
    PageKind.WAITING: _Words(
        status="503",
        code="not_deployed",
        shape="○",
        tone="idle",
        title="Nothing is deployed here yet",
        message=f"{HOST} is set up and waits for its first deploy.",
        hint="In the app's folder, log in once and deploy. This page looks again by itself.",
        commands=("sotabox login $box", "sotabox deploy"),
        retry_after_s=10,
        reload_s=10,
    ),
    PageKind.PAUSED: _Words(
        status="503",
        code="app_paused",
        shape="□",
        tone="idle",
        title="This app is stopped",
        message=f"{HOST} was stopped by its owner.",
        hint="Its owner can start it again from its project's page.",
    ),
    PageKind.APP_DOWN: _Words(
        status=_ERROR_STATUS,
        code="app_unavailable",
        shape="✕",
        tone="bad",
        title="The app does not answer",
        message=f"{HOST} is known here, but its app accepts no connection at the moment.",
        hint="Try again in a minute. Its owner finds the reason in the app's logs.",
        retry_after_s=10,
    ),
    PageKind.BOX_DOWN: _Words(
        status=_ERROR_STATUS,
        code="service_unavailable",
        shape="▲",
        tone="warn",
        title="The control plane does not answer",
        message="The dashboard and the API are away; the apps on this server go on.",
        hint="A restart takes a few seconds. If it lasts, look at the service's log:",
        commands=("journalctl -u sotabox -n 50",),
        retry_after_s=5,
    ),
    PageKind.FAULT: _Words(
        status=_ERROR_STATUS,
        code="proxy_error",
        shape="✕",
        tone="bad",
        title="This request could not be passed on",
        message="The proxy in front of the app refused it.",
        hint="Try again; if it happens each time, the request is larger or odder than allowed.",
    ),
}


def render_pages(frame: str, box_url: str) -> dict[PageKind, Page]:
    """Every page, from its words and the HTML `frame`.

    Args:
        frame: `templates/errors/page.html`; `$name` marks what is filled in.
        box_url: where this box's API lives, as a person would type it.
    """
    found = _STYLE.search(frame)
    style = found.group(1) if found else ""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return {kind: _render(words, frame, box_url, digest) for kind, words in _WORDS.items()}


def _render(words: _Words, frame: str, box_url: str, style_digest: str) -> Page:
    commands = [Template(command).substitute(box=box_url) for command in words.commands]
    lines = "".join(f"<li><code>{html.escape(command)}</code></li>" for command in commands)
    markup = Template(frame).substitute(
        reload=f'<meta http-equiv="refresh" content="{words.reload_s}">' if words.reload_s else "",
        tone=words.tone,
        shape=words.shape,
        code=words.code.replace("_", " "),
        title=html.escape(words.title),
        message=html.escape(words.message),
        hint=html.escape(words.hint),
        commands=f"<ol>{lines}</ol>" if lines else "",
    )
    error = {"code": words.code, "message": f"{words.title}. {words.message}", "hint": words.hint}
    steps = "".join(f"    {command}\n" for command in commands)
    return Page(
        status=words.status,
        html=markup,
        json=json.dumps({"error": error}, ensure_ascii=False) + "\n",
        text=f"{words.title}.\n{words.message}\n{words.hint}\n{steps}",
        style_digest=style_digest,
        retry_after_s=words.retry_after_s,
    )


def page_route(page: Page) -> dict[str, Any]:
    """The Caddy route that sends a page, in the form that the visitor accepts."""
    return {
        "handle": [{"handler": "subroute", "routes": _page_routes(page)}],
        "terminal": True,
    }


def _page_routes(page: Page) -> list[dict[str, Any]]:
    policy = f"default-src 'none'; style-src 'sha256-{page.style_digest}'; frame-ancestors 'none'"
    markup = _answer(page, page.html, "text/html; charset=utf-8")
    markup["headers"]["Content-Security-Policy"] = [policy]
    return [
        {"match": [{"header": {"Accept": ["*text/html*"]}}], "handle": [markup], "terminal": True},
        {
            "match": [{"header": {"Accept": ["*application/json*"]}}],
            "handle": [_answer(page, page.json, "application/json")],
            "terminal": True,
        },
        {"handle": [_answer(page, page.text, "text/plain; charset=utf-8")], "terminal": True},
    ]


def _answer(page: Page, body: str, content_type: str) -> dict[str, Any]:
    headers = {
        "Content-Type": [content_type],
        "Cache-Control": ["no-store"],
        "X-Content-Type-Options": ["nosniff"],
        "Vary": ["Accept"],
    }
    if page.retry_after_s is not None:
        headers["Retry-After"] = [str(page.retry_after_s)]
    return {
        "handler": "static_response",
        "status_code": page.status,
        "headers": headers,
        "body": body,
    }
