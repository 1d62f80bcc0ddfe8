"""`/device`: where a person lets a command line in, by the code that it shows."""

from dataclasses import dataclass
from typing import ClassVar

from litestar import Response, get, post
from litestar.di import NamedDependency

from sotabox.dashboard.templates import Page
from sotabox.dashboard.trouble import NO_TROUBLE, Trouble
from sotabox.dashboard.visit import Me
from sotabox.errors import SotaboxError
from sotabox.operations import device_login


@dataclass(frozen=True, slots=True, kw_only=True)
class DevicePage(Page):
    """Asks for a code; with `waiting`, whether the device behind it may come in; then says so."""

    template: ClassVar[str] = "pages/device.html"

    title: str = "Let a device in"
    email: str
    code: str = ""
    waiting: bool = False
    outcome: str = ""
    trouble: Trouble = NO_TROUBLE


@get("/device")
async def show_device(me: NamedDependency[Me]) -> Response[bytes]:
    """The form for a code. One in the address only fills it: a link alone lets nobody in."""
    code = me.request.query_params.get("user_code", "")[:20]
    return me.show(DevicePage(email=me.actor.user.email, code=code))


@post("/device")
async def decide(me: NamedDependency[Me]) -> Response[bytes]:
    """Looks the code up, and then lets the device in, or sends it away."""
    form = await me.form()
    code, store, throttle = form["code"][:20], me.box.store, me.box.guesses
    email = me.actor.user.email
    try:
        if form["step"] == "approve":
            await device_login.approve(store, throttle, me.actor, code)
            return me.show(DevicePage(email=email, outcome="approved"))
        if form["step"] == "refuse":
            await device_login.refuse(store, throttle, me.actor, code)
            return me.show(DevicePage(email=email, outcome="refused"))
        found = await device_login.require_waiting(store, throttle, me.actor, code)
    except SotaboxError as error:
        page = DevicePage(email=email, code=code, trouble=Trouble.of(error))
        return me.show(page, status=error.status)
    return me.show(DevicePage(email=email, code=found, waiting=True))


ROUTES = [show_device, decide]
