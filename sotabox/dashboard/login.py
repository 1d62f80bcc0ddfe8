"""`/login`, `/logout` and `/setup/{token}`: the doors of the dashboard."""

from dataclasses import dataclass
from typing import ClassVar

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from sotabox.dashboard.templates import Page
from sotabox.dashboard.trouble import NO_TROUBLE, Trouble
from sotabox.dashboard.visit import Me, Visit
from sotabox.errors import Invalid, RateLimited, SotaboxError, Unauthorized
from sotabox.model.user import User
from sotabox.operations import logins, second_factor, sessions, setup
from sotabox.operations.users import ADMIN_EMAIL


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginPage(Page):
    """The login; before the first setup, how to get the link for it."""

    template: ClassVar[str] = "pages/login.html"

    title: str = "Log in"
    is_set_up: bool
    email: str = ""
    next: str = ""
    trouble: Trouble = NO_TROUBLE


@dataclass(frozen=True, slots=True, kw_only=True)
class CodePage(Page):
    """Asks for the second factor, once the password was right."""

    template: ClassVar[str] = "pages/code.html"

    title: str = "Log in"
    ticket: str
    next: str
    trouble: Trouble = NO_TROUBLE


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupPage(Page):
    """The form of a setup link."""

    template: ClassVar[str] = "pages/setup.html"

    title: str = "Set up your login"
    email: str = ""
    trouble: Trouble = NO_TROUBLE


def local_path(text: str) -> str:
    r"""`text` where it is a path of this dashboard, else its front page.

    >>> local_path("/projects/a?tab=1"), local_path("//elsewhere.test"), local_path("/\\x")
    ('/projects/a?tab=1', '/', '/')
    """
    own = text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable()
    return text if own else "/"


@get("/login")
async def show_login(visit: NamedDependency[Visit]) -> Response[bytes]:
    """The login."""
    page = LoginPage(
        is_set_up=await setup.is_set_up(visit.box.store),
        next=local_path(visit.request.query_params.get("next", "/")),
    )
    return visit.show(page)


@post("/login")
async def log_in(visit: NamedDependency[Visit]) -> Response[bytes]:
    """Lets in who knows a password, with a session of a new token."""
    form = await visit.form()
    try:
        user = await logins.recognise(
            visit.box.store, visit.box.logins, visit.visitor, form["email"], form["password"]
        )
    except (Unauthorized, RateLimited) as error:
        page = LoginPage(
            is_set_up=True,
            email=form["email"][:254],
            next=local_path(form["next"]),
            trouble=Trouble.of(error),
        )
        return visit.show(page, status=error.status)
    if await second_factor.is_on(visit.box.store, user):
        ticket = visit.issue_ticket(user.id)
        return visit.show(CodePage(ticket=ticket, next=local_path(form["next"])))
    return await _let_in(visit, user, form["next"])


@post("/login/code")
async def show_code(visit: NamedDependency[Visit]) -> Response[bytes]:
    """Lets in who has shown a password, as the ticket says, and now shows a code as well."""
    form = await visit.form()
    user_id = visit.read_ticket(form["ticket"])
    user = await visit.box.store.users.find(user_id) if user_id else None
    if user is None:
        return visit.go("/login")
    try:
        await logins.check_code(
            visit.box.store, visit.box.logins, visit.visitor, user, form["code"]
        )
    except (Unauthorized, RateLimited) as error:
        page = CodePage(
            ticket=form["ticket"], next=local_path(form["next"]), trouble=Trouble.of(error)
        )
        return visit.show(page, status=error.status)
    return await _let_in(visit, user, form["next"], by="code")


@post("/logout")
async def log_out(me: NamedDependency[Me]) -> Response[bytes]:
    """Ends the session, here and for whoever may have copied its token."""
    await me.form()
    await sessions.revoke(me.box.store, me.actor, me.session.id)
    me.forget()
    return me.go("/login", notice="logged-out")


@get("/setup/{token:str}")
async def show_setup(token: FromPath[str], visit: NamedDependency[Visit]) -> Response[bytes]:
    """The form behind a setup link; the link lives on until the form was sent."""
    user = await _user_of(visit, token)
    return visit.show(SetupPage(email="" if user == ADMIN_EMAIL else user))


@post("/setup/{token:str}")
async def set_up(token: FromPath[str], visit: NamedDependency[Visit]) -> Response[bytes]:
    """Sets address and password, and lets in."""
    form = await visit.form()
    await _user_of(visit, token)
    try:
        if form["password"] != form["again"]:
            raise Trouble.in_field("again", "this is not the same password")
        user = await setup.complete(visit.box.store, token, form["email"], form["password"])
    except Invalid as error:
        page = SetupPage(email=form["email"][:254], trouble=Trouble.of(error))
        return visit.show(page, status=error.status)
    visit.remember(await logins.begin(visit.box.store, user, visit.visitor, by="setup link"))
    return visit.go("/", notice="welcome")


async def _let_in(visit: Visit, user: User, back: str, *, by: str = "password") -> Response[bytes]:
    await _end_earlier(visit)
    visit.remember(await logins.begin(visit.box.store, user, visit.visitor, by=by))
    return visit.go(local_path(back))


async def _user_of(visit: Visit, token: str) -> str:
    """The address of a link's user; who tries many links is slowed down as with passwords."""
    guard, client = visit.box.logins, visit.visitor.client
    guard.require(client, "setup")
    try:
        user = await setup.user_of(visit.box.store, token)
    except SotaboxError:
        guard.fail(client, "setup")
        raise
    return user.email


async def _end_earlier(visit: Visit) -> None:
    """Who logs in again leaves no session behind that this browser had."""
    found = await sessions.resume(visit.box.store, visit.token, "") if visit.token else None
    if found is not None:
        session, user = found
        await visit.box.store.sessions.delete(session.id, user.id)


ROUTES = [show_login, log_in, show_code, log_out, show_setup, set_up]
