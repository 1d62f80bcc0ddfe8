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
    """The project of an id or slug, if the actor may see it.

    Raises:
        NotFound: there is none, or it is another's: the two can't be told apart.
    """
    project = await store.projects.find(ref)
    if project is None or not (actor.sees_all or project.user_id == actor.user.id):
        raise NotFound("There is no such project")
    return project


async def changeable_project(store: Store, actor: Actor, ref: str) -> Project:
    """The same, if the actor may change it as well.

    Raises:
        NotFound, Forbidden: as above; a viewer's own view decides first.
    """
    project = await visible_project(store, actor, ref)
    actor.require_change()
    return project
