"""Who acts, and what that person may touch."""

from dataclasses import dataclass

from sotabox.errors import Forbidden, NotFound
from sotabox.model.project import Project
from sotabox.model.user import Role, User
from sotabox.store.store import Store


@dataclass(frozen=True, slots=True)
class Actor:
    """A user at work; `created_by` of what they do names them."""

    user: User

    @property
    def sees_all(self) -> bool:
        """Admins see every project of the box."""
        return self.user.role is Role.ADMIN

    def require_change(self) -> None:
        """Stops whoever may only look.

        Raises:
            Forbidden: the actor is a viewer.
        """
        if self.user.role is Role.VIEWER:
            raise Forbidden("Your role on this box is viewer: you may look, but change nothing")

    def require_admin(self) -> None:
        """Stops whoever does not run the box.

        Raises:
            Forbidden: the actor is no admin.
        """
        if self.user.role is not Role.ADMIN:
            raise Forbidden("The box itself is its admin's matter")


async def visible_project(store: Store, actor: Actor, ref: str) -> Project:
    """The project of an id or slug, if the actor may see it: as owner, member or admin.

    Raises:
        NotFound: there is none, or it is another's: the two can't be told apart.
    """
    project, _ = await _project_and_role(store, actor, ref)
    return project


async def changeable_project(store: Store, actor: Actor, ref: str) -> Project:
    """The same, if the actor may change it as well.

    Raises:
        NotFound, Forbidden: as above; a viewer's own view decides first.
    """
    project, role = await _project_and_role(store, actor, ref)
    actor.require_change()
    if role is Role.VIEWER:
        raise Forbidden(
            "You may look at this project, but change nothing",
            hint="Its owner can make you a member of it.",
        )
    return project


async def owned_project(store: Store, actor: Actor, ref: str) -> Project:
    """The same, if it is the actor's own, or the actor is an admin.

    Raises:
        NotFound, Forbidden: as above; members work on a project, but it isn't theirs.
    """
    project, role = await _project_and_role(store, actor, ref)
    actor.require_change()
    if role is not None:
        raise Forbidden(
            "Only the owner of this project may do this", hint="Ask them, or an admin of the box."
        )
    return project


async def _project_and_role(store: Store, actor: Actor, ref: str) -> tuple[Project, Role | None]:
    """A visible project, and as what the actor was added to it; None for owner and admin."""
    found = await store.projects.find_for(ref, actor.user.id)
    if found is not None:
        project, role = found
        if actor.sees_all or project.user_id == actor.user.id:
            return project, None
        if role is not None:
            return project, role
    raise NotFound("There is no such project", hint="sotabox projects lists those that you see.")
