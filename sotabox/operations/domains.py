"""Custom domains of a project: added, looked at, redirected, removed."""

from dataclasses import dataclass

from sotabox.domains.custom_domains import CustomDomains, Instructions
from sotabox.domains.names import parse_domain
from sotabox.errors import (
    Conflict,
    Detail,
    DomainLimit,
    DomainTaken,
    Invalid,
    NotFound,
    ProjectDeleting,
)
from sotabox.fault_points import FaultPoint, reach
from sotabox.model.domain import Domain
from sotabox.model.project import Project
from sotabox.model.times import now
from sotabox.operations.actor import Actor, changeable_project, visible_project
from sotabox.settings import Settings
from sotabox.store.domains import Refusal
from sotabox.store.store import Store


@dataclass(frozen=True, slots=True)
class Described:
    """A domain, and what its owner has to set."""

    domain: Domain
    instructions: Instructions


async def add(
    store: Store,
    custom: CustomDomains,
    settings: Settings,
    actor: Actor,
    ref: str,
    text: str,
    redirect_to: str | None = None,
) -> Described:
    """Adds a domain, which is then looked at every minute until its DNS leads here.

    Raises:
        Invalid: it is no domain, or can't be one of a project.
        Conflict: the project has no successful deployment yet, so there is nothing to lead to.
        DomainTaken: it leads to a project of this box already.
        DomainLimit: the project has as many as it may.
    """
    project = await changeable_project(store, actor, ref)
    name = parse_domain(text, settings.domain)
    if project.deleting:
        raise ProjectDeleting("This project is being deleted")
    if await store.releases.current(project.id) is None:
        raise Conflict(
            "A domain needs a project that was deployed successfully at least once",
            hint="Deploy first, then add the domain.",
        )
    target = await _checked_target(store, settings, project, name.domain, redirect_to)
    added = await store.domains.insert(
        project.id, name.domain, name.zone, target, settings.domains_max
    )
    if isinstance(added, Refusal):
        raise await _refused(store, settings, project, name.domain, added)
    reach(FaultPoint.DOMAIN_NOTED)
    custom.watch.wake()
    return Described(added, await custom.instructions(added, project))


async def of(store: Store, actor: Actor, ref: str) -> list[Domain]:
    """A project's domains, oldest first."""
    project = await visible_project(store, actor, ref)
    return await store.domains.of_project(project.id)


async def get(
    store: Store, custom: CustomDomains, actor: Actor, ref: str, domain_ref: str
) -> Described:
    """A project's domain, by its id or its name.

    Raises:
        NotFound: the project has none like that.
    """
    project = await visible_project(store, actor, ref)
    domain = await _find(store, project, domain_ref)
    return Described(domain, await custom.instructions(domain, project))


async def redirect(
    store: Store,
    custom: CustomDomains,
    settings: Settings,
    actor: Actor,
    ref: str,
    domain_ref: str,
    redirect_to: str | None,
) -> Described:
    """Sends a domain's visitors to another host of the project; None: serves them itself again.

    Raises:
        Invalid: that host is none of the project's, or would send them on again.
    """
    project = await changeable_project(store, actor, ref)
    domain = await _find(store, project, domain_ref)
    target = await _checked_target(store, settings, project, domain.domain, redirect_to)
    changed = await store.domains.record(domain.id, redirect_to=target)
    if changed is None:
        raise _not_found()
    await custom.put_in_force(f"the redirect of {changed.domain}")
    return Described(changed, await custom.instructions(changed, project))


async def check_now(
    store: Store, custom: CustomDomains, actor: Actor, ref: str, domain_ref: str
) -> Described:
    """Looks at a domain's DNS, and at its certificate, before its time has come.

    The answer does not wait for it: a new look sets `last_checked_at`.
    """
    project = await changeable_project(store, actor, ref)
    domain = await _find(store, project, domain_ref)
    due = await store.domains.record(domain.id, next_check_at=now())
    if due is None:
        raise _not_found()
    custom.watch.wake()
    return Described(due, await custom.instructions(due, project))


async def remove(
    store: Store, custom: CustomDomains, actor: Actor, ref: str, domain_ref: str
) -> None:
    """Removes a domain; it is not answered to from this moment on.

    Raises:
        NotFound: the project has none like that.
    """
    project = await changeable_project(store, actor, ref)
    domain = await _find(store, project, domain_ref)
    if not await store.domains.delete(domain.id, project.id):
        raise _not_found()
    await custom.put_in_force(f"the end of {domain.domain}")


async def _find(store: Store, project: Project, domain_ref: str) -> Domain:
    for domain in await store.domains.of_project(project.id):
        if domain_ref in {domain.id, domain.domain}:
            return domain
    raise _not_found()


def _not_found() -> NotFound:
    return NotFound("There is no such domain in this project")


async def _checked_target(
    store: Store, settings: Settings, project: Project, domain: str, redirect_to: str | None
) -> str | None:
    """The host that a redirect leads to, as it is written in the store."""
    if redirect_to is None:
        return None
    target = redirect_to.strip().lower().removesuffix(".")
    present = {found.domain: found for found in await store.domains.of_project(project.id)}
    if domain.startswith("*."):
        raise _bad_target("a wildcard can't be redirected: each name below it may be an app's own")
    if any(found.redirect_to == domain for found in present.values()):
        raise _bad_target(f"other domains lead to {domain}, and visitors are sent on only once")
    if target == f"{project.slug}.{settings.domain}":
        return target
    if target not in present or target == domain or target.startswith("*."):
        raise _bad_target("it must be another domain of this project, or the project's own host")
    if present[target].redirect_to:
        raise _bad_target(f"{target} is redirected itself, and visitors are sent on only once")
    return target


def _bad_target(problem: str) -> Invalid:
    return Invalid(
        f"This redirect can't be made: {problem}", details=[Detail("redirect_to", problem)]
    )


async def _refused(
    store: Store, settings: Settings, project: Project, domain: str, why: Refusal
) -> Conflict:
    if why is Refusal.LIMIT:
        return DomainLimit(
            f"A project may have {settings.domains_max} domains, and this one has them all",
            hint="Remove one that is not needed, or raise SOTABOX_DOMAINS_MAX.",
        )
    if any(found.domain == domain for found in await store.domains.of_project(project.id)):
        return DomainTaken(f"{domain} is a domain of this project already")
    return DomainTaken(
        f"{domain} leads to another project of this box",
        hint="It has to be removed there first.",
    )
