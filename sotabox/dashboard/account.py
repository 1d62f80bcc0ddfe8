"""`/account`: one's API keys, second factor and sessions."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from markupsafe import Markup

from sotabox.crypto.totp import new_totp_secret
from sotabox.dashboard.agents import name_agent
from sotabox.dashboard.qr import render_qr
from sotabox.dashboard.templates import Crumb, Page
from sotabox.dashboard.trouble import NO_TROUBLE, Trouble
from sotabox.dashboard.visit import Me
from sotabox.errors import SotaboxError
from sotabox.model.session import Session
from sotabox.model.times import format_time, now
from sotabox.model.user import ApiKey
from sotabox.operations import api_keys, second_factor, sessions

#: How long a new key may work, by what the form calls it.
LIVES: Final = {
    "": None,
    "30 days": timedelta(days=30),
    "90 days": timedelta(days=90),
    "1 year": timedelta(days=365),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A session in the list."""

    session: Session
    agent: str
    is_this: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPage(Page):
    """Keys and sessions; `new_key` is shown in this one answer only."""

    template: ClassVar[str] = "pages/account.html"

    title: str = "Account"
    email: str
    role: str
    keys: tuple[ApiKey, ...]
    logins: tuple[Login, ...]
    box_url: str
    second_factor: bool
    secret: str = ""  # of a second factor that is being set up
    secret_uri: str = ""
    secret_qr: Markup
    factor_trouble: Trouble = NO_TROUBLE
    new_key: str = ""
    name: str = ""
    lives: tuple[str, ...] = tuple(LIVES)
    now: str = field(default_factory=now)
    trouble: Trouble = NO_TROUBLE


@get("/account")
async def show_account(me: NamedDependency[Me]) -> Response[bytes]:
    """One's keys and sessions."""
    return await _page(me)


@post("/account/keys")
async def create_key(me: NamedDependency[Me]) -> Response[bytes]:
    """Makes an API key, and shows it: the only answer that holds its text."""
    form = await me.form()
    name, life = form["name"], LIVES.get(form["life"])
    until = None if life is None else format_time(datetime.now(UTC) + life)
    try:
        _, key = await api_keys.create(me.box.store, me.actor.user, name, until)
    except SotaboxError as error:
        return await _page(me, name=name[:200], trouble=Trouble.of(error), status=error.status)
    return await _page(me, new_key=key)


@post("/account/keys/{key:str}/revoke")
async def revoke_key(key: FromPath[str], me: NamedDependency[Me]) -> Response[bytes]:
    """Takes an API key out of use."""
    await me.form()
    await api_keys.revoke(me.box.store, me.actor, key)
    return me.go("/account", notice="key-revoked")


@post("/account/sessions/{session:str}/end")
async def end_session(session: FromPath[str], me: NamedDependency[Me]) -> Response[bytes]:
    """Logs another browser out, or this one."""
    await me.form()
    await sessions.revoke(me.box.store, me.actor, session)
    return me.go("/account", notice="session-ended")


@post("/account/factor")
async def change_factor(me: NamedDependency[Me]) -> Response[bytes]:
    """Begins with a second factor, turns it on once a code of it was shown, or turns it off."""
    form = await me.form()
    secret = form["secret"]
    if form["step"] == "begin":
        return await _page(me, secret=new_totp_secret())
    try:
        if form["step"] == "on":
            await second_factor.turn_on(me.box.store, me.actor, secret, form["code"])
            return me.go("/account", notice="factor-on")
        await second_factor.turn_off(
            me.box.store, me.box.logins, me.visitor, me.actor, form["code"]
        )
    except SotaboxError as error:
        return await _page(me, secret=secret, factor=Trouble.of(error), status=error.status)
    return me.go("/account", notice="factor-off")


async def _page(
    me: Me,
    *,
    secret: str = "",
    factor: Trouble = NO_TROUBLE,
    new_key: str = "",
    name: str = "",
    trouble: Trouble = NO_TROUBLE,
    status: int = 200,
) -> Response[bytes]:
    found = await sessions.of(me.box.store, me.actor)
    uri = second_factor.setup_uri(secret, me.actor.user.email, me.site.domain) if secret else ""
    page = AccountPage(
        email=me.actor.user.email,
        role=me.actor.user.role,
        keys=tuple(await api_keys.of(me.box.store, me.actor)),
        logins=tuple(
            Login(session=s, agent=name_agent(s.agent), is_this=s.id == me.session.id)
            for s in found
        ),
        box_url=me.box.page(""),
        second_factor=await second_factor.is_on(me.box.store, me.actor.user),
        secret=secret,
        secret_uri=uri,
        secret_qr=render_qr(uri),
        factor_trouble=factor,
        new_key=new_key,
        name=name,
        trouble=trouble,
    )
    return me.show(page, status=status, crumbs=(Crumb(name="Account", href="/account"),))


ROUTES = [show_account, create_key, revoke_key, end_session, change_factor]
