"""`/projects/{project}/environment`: an app's variables, hidden until somebody wants to see one."""

from dataclasses import dataclass
from typing import ClassVar, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from sotabox.dashboard.project import (
    Head,
    Pending,
    crumbs_of,
    head_of,
    live_of,
    pending_of,
)
from sotabox.dashboard.templates import Page
from sotabox.dashboard.trouble import NO_TROUBLE, Trouble
from sotabox.dashboard.visit import Me
from sotabox.errors import Invalid, SotaboxError
from sotabox.model import dotenv
from sotabox.model.environment import EnvVar, Target
from sotabox.operations import env_vars
from sotabox.operations.env_vars import Diff, diff

_TARGETS: Final = (
    (Target.BOTH, "build and run"),
    (Target.BUILD, "build only"),
    (Target.RUN, "run only"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentPage(Page):
    """Variables, one of them shown at most; the values of all others are not in it."""

    template: ClassVar[str] = "pages/environment.html"

    head: Head
    tab: str = "environment"
    variables: tuple[EnvVar, ...]
    revealed: str
    pending: Pending | None
    key: str = ""
    value: str = ""
    target: str = Target.BOTH
    targets: tuple[tuple[str, str], ...] = _TARGETS
    trouble: Trouble = NO_TROUBLE


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentTextPage(Page):
    """All variables as text; with `diff`, what saving it would change."""

    template: ClassVar[str] = "pages/environment_text.html"

    head: Head
    tab: str = "environment"
    text: str
    diff: Diff | None = None
    trouble: Trouble = NO_TROUBLE


@get("/projects/{project:str}/environment")
async def show_environment(project: FromPath[str], me: NamedDependency[Me]) -> Response[bytes]:
    """The variables; `reveal` shows the value of one, and the audit log says to whom."""
    # A page that looks again because something changed doesn't show values anew.
    wanted = "" if me.by_script_for_news else me.request.query_params.get("reveal", "")
    return await _page(me, project, reveal=wanted)


@post("/projects/{project:str}/environment")
async def put(project: FromPath[str], me: NamedDependency[Me]) -> Response[bytes]:
    """Sets one variable, new or not."""
    form = await me.form()
    key, value, text = form["key"].strip(), form["value"], form["target"]
    target = next((known for known in Target if known == text), None)
    try:
        await env_vars.put(me.box.store, me.actor, project, key, value, target)
    except SotaboxError as error:
        return await _page(me, project, key=key, value=value, target=text, error=error)
    return me.go(f"/projects/{project}/environment", notice="saved")


@post("/projects/{project:str}/environment/delete")
async def remove(project: FromPath[str], me: NamedDependency[Me]) -> Response[bytes]:
    """Removes one variable."""
    key = (await me.form())["key"]
    await env_vars.delete(me.box.store, me.actor, project, key)
    return me.go(f"/projects/{project}/environment", notice="saved")


@get("/projects/{project:str}/environment/text")
async def show_text(project: FromPath[str], me: NamedDependency[Me]) -> Response[bytes]:
    """All variables as a `.env` text to edit."""
    head = await head_of(me, project)
    shown = await env_vars.reveal(me.box.store, me.actor, project, me.visitor.address)
    return await _text_page(me, head, dotenv.render({v.key: v.value for v in shown}))


@post("/projects/{project:str}/environment/text")
async def save_text(project: FromPath[str], me: NamedDependency[Me]) -> Response[bytes]:
    """Shows what a text would change, or, once that was seen, changes it."""
    form = await me.form()
    head = await head_of(me, project)
    text = form["text"]
    try:
        wanted = _parse(text)
        if form["step"] == "edit":
            return await _text_page(me, head, text)
        if form["step"] == "save":
            changed = await env_vars.change(me.box.store, me.actor, project, wanted)
            back = f"/projects/{project}/environment"
            return me.go(back, notice="saved" if changed else "unchanged")
        found = diff(await _present(me, project), wanted)
    except SotaboxError as error:
        return await _text_page(me, head, text, trouble=Trouble.of(error), status=error.status)
    return await _text_page(me, head, text, found=found)


async def _page(
    me: Me,
    ref: str,
    *,
    reveal: str = "",
    key: str = "",
    value: str = "",
    target: str = Target.BOTH,
    error: SotaboxError | None = None,
) -> Response[bytes]:
    head = await head_of(me, ref)
    head.require_change()
    shown = {}
    if reveal:
        found = await env_vars.reveal(me.box.store, me.actor, ref, me.visitor.address, reveal)
        shown = {variable.key: variable for variable in found}
    masked = await env_vars.masked_of(me.box.store, me.actor, ref)
    page = EnvironmentPage(
        title=f"Environment of {head.project.name}",
        head=head,
        variables=tuple(shown.get(variable.key, variable) for variable in masked),
        revealed=reveal,
        pending=await pending_of(me, head),
        key=key,
        value=value,
        target=target,
        trouble=Trouble.of(error) if error else NO_TROUBLE,
    )
    status = error.status if error else 200
    return me.show(page, status=status, crumbs=crumbs_of(head), live=live_of(head))


async def _text_page(
    me: Me,
    head: Head,
    text: str,
    *,
    found: Diff | None = None,
    trouble: Trouble = NO_TROUBLE,
    status: int = 200,
) -> Response[bytes]:
    page = EnvironmentTextPage(
        title=f"Environment of {head.project.name}",
        head=head,
        text=text,
        diff=found,
        trouble=trouble,
    )
    return me.show(page, status=status, crumbs=crumbs_of(head))


async def _present(me: Me, ref: str) -> dict[str, str]:
    return {v.key: v.value for v in await env_vars.of(me.box.store, me.actor, ref)}


def _parse(text: str) -> dict[str, str]:
    try:
        return dotenv.parse(text)
    except dotenv.Malformed as error:
        raise Invalid(f"Line {error.line} can't be read: {error.problem}") from error


ROUTES = [show_environment, put, remove, show_text, save_text]
