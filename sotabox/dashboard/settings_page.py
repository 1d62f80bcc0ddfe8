"""`/projects/{project}/settings`: its name, how it is built and run, and its end."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from sotabox.dashboard.project import Head, crumbs_of, head_of, live_of
from sotabox.dashboard.setting_fields import (
    FIELDS,
    GROUPS,
    Group,
    defaults_of,
    read_texts,
    texts_of,
)
from sotabox.dashboard.templates import Page
from sotabox.dashboard.trouble import NO_TROUBLE, Trouble
from sotabox.dashboard.visit import Me
from sotabox.errors import SotaboxError
from sotabox.operations import project_settings, projects


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsPage(Page):
    """Name, settings and end of a project."""

    template: ClassVar[str] = "pages/settings.html"

    head: Head
    tab: str = "settings"
    name: str
    groups: tuple[Group, ...] = GROUPS
    texts: Mapping[str, str]
    defaults: Mapping[str, str]
    kept: int
    variables: int
    domains: int
    trouble: Trouble = NO_TROUBLE
    unusable: Trouble = NO_TROUBLE
    deletion: Trouble = NO_TROUBLE


@get("/projects/{project:str}/settings")
async def show_settings(project: FromPath[str], me: NamedDependency[Me]) -> Response[bytes]:
    """Everything that can be set."""
    return await _page(me, project)


@post("/projects/{project:str}/settings")
async def rename(project: FromPath[str], me: NamedDependency[Me]) -> Response[bytes]:
    """Gives a project another name."""
    form = await me.form()
    try:
        renamed = await projects.rename(me.box.store, me.actor, project, form["name"])
    except SotaboxError as error:
        return await _page(
            me, project, name=form["name"], trouble=Trouble.of(error), status=error.status
        )
    return me.go(f"/projects/{renamed.slug}/settings", notice="renamed")


@post("/projects/{project:str}/settings/change")
async def change(project: FromPath[str], me: NamedDependency[Me]) -> Response[bytes]:
    """Sets what differs from what is set; an empty field gives its setting back to the box."""
    form = await me.form()
    texts = {field.name: form[field.name] for field in FIELDS}
    try:
        present = await project_settings.of(me.box.store, me.actor, project)
        wanted = read_texts(texts)
        changes = {name: v for name, v in wanted.items() if v != getattr(present, name)}
        await project_settings.change(me.box.store, me.box.pipeline, me.actor, project, changes)
    except SotaboxError as error:
        return await _page(
            me, project, texts=texts, unusable=Trouble.of(error), status=error.status
        )
    return me.go(f"/projects/{project}/settings", notice="set" if changes else "unchanged")


@post("/projects/{project:str}/delete")
async def delete(project: FromPath[str], me: NamedDependency[Me]) -> Response[bytes]:
    """Removes a project, if its slug was typed."""
    form = await me.form()
    head = await head_of(me, project)
    if form["confirm"].strip() != head.project.slug:
        wrong = Trouble.in_field("confirm", f"type {head.project.slug} to delete this project")
        return await _page(me, project, deletion=Trouble.of(wrong), status=wrong.status)
    await projects.delete(me.box.store, me.box.pipeline, me.actor, project)
    return me.go("/", notice="deleted")


async def _page(
    me: Me,
    ref: str,
    *,
    name: str | None = None,
    texts: Mapping[str, str] | None = None,
    trouble: Trouble = NO_TROUBLE,
    unusable: Trouble = NO_TROUBLE,
    deletion: Trouble = NO_TROUBLE,
    status: int = 200,
) -> Response[bytes]:
    head = await head_of(me, ref)
    store, project = me.box.store, head.project
    page = SettingsPage(
        title=f"Settings of {project.name}",
        head=head,
        name=project.name if name is None else name,
        texts=texts or texts_of(await project_settings.of(store, me.actor, ref)),
        defaults=defaults_of(me.box.settings),
        kept=len({d.image_id for d in await store.releases.kept(project.id)}),
        variables=len(await store.env_vars.of_project(project.id)),
        domains=len(await store.domains.of_project(project.id)),
        trouble=trouble,
        unusable=unusable,
        deletion=deletion,
    )
    return me.show(page, status=status, crumbs=crumbs_of(head), live=live_of(head))


ROUTES = [show_settings, rename, change, delete]
