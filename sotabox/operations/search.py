"""Finding what somebody means by a few letters: among all that they may see."""

from dataclasses import dataclass
from typing import Final

from sotabox.model.domain import Domain
from sotabox.model.project import Project
from sotabox.operations import projects
from sotabox.operations.actor import Actor
from sotabox.store.store import Store

_SHOWN_MAX: Final = 8
_PROJECTS_MAX: Final = 1000


@dataclass(frozen=True, slots=True)
class Found:
    """What fits, best first. Each domain comes with the project that it leads to."""

    projects: tuple[Project, ...]
    domains: tuple[tuple[Domain, Project], ...]


async def find(store: Store, actor: Actor, query: str) -> Found:
    """At most a few projects by name and slug, and custom domains; without a query all, by name."""
    visible = await projects.page(store, actor, "", _PROJECTS_MAX)
    needle = query.strip().casefold()
    ranked = sorted(
        (rank, project.name.casefold(), project.id, project)
        for project in visible
        if (rank := rank_of(needle, project.name.casefold(), project.slug)) is not None
    )
    return Found(
        tuple(project for *_, project in ranked[:_SHOWN_MAX]),
        tuple(await _domains(store, {project.id: project for project in visible}, needle)),
    )


def rank_of(needle: str, *texts: str) -> int | None:
    """How well a needle fits: 0 begins one of the texts, 1 a word of one, 2 is in one; None: not.

    >>> rank_of("shop", "webshop"), rank_of("shop", "web-shop"), rank_of("shop", "shop-2")
    (2, 1, 0)
    """
    ranks = [
        0 if text.startswith(needle) else 1 if _begins_word(text, needle) else 2
        for text in texts
        if needle in text
    ]
    return min(ranks, default=None)


def _begins_word(text: str, needle: str) -> bool:
    return any(separator + needle in text for separator in " -._/")


async def _domains(
    store: Store, visible: dict[str, Project], needle: str
) -> list[tuple[Domain, Project]]:
    if not needle:
        return []
    fitting = [
        (domain, visible[domain.project_id])
        for domain in await store.domains.all()
        if needle in domain.domain and domain.project_id in visible
    ]
    return fitting[:_SHOWN_MAX]
