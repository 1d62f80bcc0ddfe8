"""One request to the dashboard: who makes it, and what it is answered with."""

import secrets
import time
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlencode

from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.di import NamedDependency

from sotabox.dashboard import csrf
from sotabox.dashboard.forms import MAX_BYTES, Form, parse_form
from sotabox.dashboard.notices import NOTICES
from sotabox.dashboard.site import Site
from sotabox.dashboard.templates import Crumb, Frame, Page
from sotabox.errors import Forbidden
from sotabox.model.session import AGE_MAX, Session
from sotabox.model.user import Role
from sotabox.operations import sessions
from sotabox.operations.actor import Actor
from sotabox.operations.sessions import Visitor
from sotabox.web.body import read_body
from sotabox.web.box import Box
from sotabox.web.compression import compress
from sotabox.web.visitor import visitor_of

_SESSION: Final = "sotabox"
_GUEST: Final = "sotabox-guest"
_HTML: Final = "text/html"  # to what is text, the framework adds its charset
#: What stands in an address as it is (RFC 3986, 2); all else can't stand in a header either.
_IN_URLS: Final = "/?%:@!$&'()*+,;=~"
#: Scripts, styles, pictures and events of our own, and nothing else from anywhere.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "content-security-policy": _POLICY,
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


class LoginNeeded(Exception):
    """Nobody is logged in; the answer is the way to the login."""


@dataclass(slots=True)
class Visit:
    """A request of whoever it may be."""

    request: Request[Any, Any, Any]
    box: Box
    site: Site
    actor: Actor | None = None
    session: Session | None = None
    _cookies: list[Cookie] = field(default_factory=list)
    _seen: int = field(init=False)

    def __post_init__(self) -> None:
        """Notes what had happened before the store is looked at: the page's stream goes on there."""
        self._seen = self.box.bus.published

    @property
    def visitor(self) -> Visitor:
        """Where it comes from."""
        return visitor_of(self.request)

    @property
    def by_script(self) -> bool:
        """Whether htmx asks for a part, in a page that is there already."""
        return self.request.headers.get("hx-request") == "true"

    @property
    def by_script_for_news(self) -> bool:
        """Whether a page asks for itself again because something changed."""
        return self.request.headers.get("hx-source", "").endswith("#refresh")

    async def form(self) -> Form:
        """The form that was sent.

        Raises:
            Forbidden: no page of ours made it for this browser.
        """
        form = parse_form(await read_body(self.request, MAX_BYTES))
        self.require_own(form["csrf"])
        return form

    def require_own(self, token: str) -> None:
        """Stops a request that was forged on another page; raises as `form`."""
        own = csrf.is_own(self.request.headers)
        if not own or not csrf.accepts(self.site.csrf_key, self._holder(), token):
            raise Forbidden(
                "This form is too old, or was sent from another page",
                hint="Go back, load the page anew and try again.",
            )

    def issue_ticket(self, user_id: str) -> str:
        """What says, for a few minutes and in this browser only, that a password was right."""
        self._ensure_holder()
        return csrf.issue_ticket(self.site.csrf_key, self._holder(), user_id, time.time())

    def read_ticket(self, ticket: str) -> str | None:
        """The user of a ticket; None where it is not of this browser, or too old."""
        return csrf.read_ticket(self.site.csrf_key, self._holder(), ticket, time.time())

    def show(
        self, page: Page, *, status: int = 200, crumbs: tuple[Crumb, ...] = (), live: str = ""
    ) -> Response[bytes]:
        """The page as an answer."""
        if live:
            live += f"{'&' if '?' in live else '?'}seen={self._seen}"
        body = self.site.templates.render(page, self._frame(crumbs, live))
        content, headers = compress(self.request, body)
        return self._answer(content, status, headers)

    def go(self, path: str, notice: str = "", **query: str) -> Response[bytes]:
        """On to another page, where `notice` (a name of `NOTICES`) is said."""
        query |= {"notice": notice} if notice else {}
        target = quote(path, safe=_IN_URLS) + (f"?{urlencode(query)}" if query else "")
        if self.by_script:
            return self._answer(b"", 204, {"hx-redirect": target})
        return self._answer(b"", 303, {"location": target})

    def to_login(self) -> Response[bytes]:
        """To the login, and back to this page afterwards."""
        back = self._here() if self.request.method == "GET" and not self.by_script else "/"
        return self.go("/login" if back == "/" else f"/login?next={quote(back)}")

    def remember(self, token: str) -> None:
        """Lets the browser keep the token of a session; whatever it held before is forgotten."""
        self._cookies = [
            self._cookie(_SESSION, token, round(AGE_MAX.total_seconds())),
            self._cookie(_GUEST, "", 0),
        ]

    def forget(self) -> None:
        """Takes the session's token from the browser."""
        self._cookies = [self._cookie(_SESSION, "", 0)]

    @property
    def token(self) -> str:
        """What the browser holds as its session's token; empty for nothing."""
        return self.request.cookies.get(self._name(_SESSION), "")

    def _here(self) -> str:
        """The page's own address, without what was only said once."""
        query = [(k, v) for k, v in self.request.query_params.multi_items() if k != "notice"]
        return self.request.url.path + (f"?{urlencode(query)}" if query else "")

    def _holder(self) -> str:
        """The cookie that form tokens are for."""
        if self.session is not None:
            return self.token
        guest = self.request.cookies.get(self._name(_GUEST), "")
        if not guest:
            guest = next((c.value or "" for c in self._cookies if c.max_age is None), "")
        return guest

    def _ensure_holder(self) -> None:
        if not self._holder():
            self._cookies.append(self._cookie(_GUEST, secrets.token_urlsafe(16), None))

    def _frame(self, crumbs: tuple[Crumb, ...], live: str) -> Frame:
        self._ensure_holder()
        user = self.actor.user if self.actor else None
        admin = user is not None and user.role is Role.ADMIN
        return Frame(
            domain=self.site.domain,
            email=user.email if user else "",
            admin=admin,
            csrf=csrf.issue(self.site.csrf_key, self._holder()),
            here=self._here(),
            live=live,
            crumbs=crumbs,
            notice=NOTICES.get(self.request.query_params.get("notice", ""), ""),
            alarms=self.site.host.alarms(self.box.settings) if admin else (),
        )

    def _answer(self, body: bytes, status: int, headers: dict[str, str]) -> Response[bytes]:
        return Response(
            body,
            status_code=status,
            headers=_HEADERS | headers,
            media_type=_HTML,
            cookies=self._cookies,
        )

    def _name(self, name: str) -> str:
        # The prefix keeps apps on subdomains from setting a cookie of this name (RFC 6265bis).
        return f"__Host-{name}" if self.site.secure else name

    def _cookie(self, name: str, value: str, max_age_s: int | None) -> Cookie:
        return Cookie(
            key=self._name(name),
            value=value,
            max_age=max_age_s,
            path="/",
            secure=self.site.secure,
            httponly=True,
            samesite="lax",
        )


@dataclass(slots=True)
class Me(Visit):
    """A request of somebody who is logged in."""

    actor: Actor
    session: Session

    @property
    def may_change(self) -> bool:
        """Whether there is any use in showing them a button."""
        return self.actor.user.role is not Role.VIEWER


async def provide_visit(
    request: Request[Any, Any, Any], box: NamedDependency[Box], site: NamedDependency[Site]
) -> Visit:
    """The dependency `visit`: anybody's request."""
    return Visit(request, box, site)


async def provide_me(
    request: Request[Any, Any, Any], box: NamedDependency[Box], site: NamedDependency[Site]
) -> Me:
    """The dependency `me`: a request of somebody who is logged in.

    Raises:
        LoginNeeded: it is not.
    """
    visit = Visit(request, box, site)
    found = None
    if visit.token:
        found = await sessions.resume(box.store, visit.token, visit.visitor.address)
    if found is None:
        raise LoginNeeded
    session, user = found
    actor = Actor(user)
    request.scope["user"] = actor  # for the audit log
    return Me(request, box, site, actor, session)
