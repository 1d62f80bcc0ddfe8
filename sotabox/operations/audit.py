"""The audit log: written for whatever is asked for, by whichever door; read by admins."""

import logging
from dataclasses import dataclass

from sotabox.errors import Unavailable
from sotabox.model.audit import AuditEntry, AuditVerdict
from sotabox.operations.actor import Actor
from sotabox.store.store import Store

_TARGET_MAX = 300

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Who:
    """Whom an entry names; an empty id is nobody whom the box knows."""

    id: str
    shown: str

    @classmethod
    def of(cls, actor: Actor) -> "Who":
        return cls(actor.user.id, actor.user.email)


async def record(
    store: Store, who: Who, action: str, target: dict[str, str], address: str, status: int
) -> None:
    """Notes what was done or refused, before its answer goes out.

    A disk that takes no more does not undo what was done; the gap stands in the box's own log.
    """
    try:
        await store.audit.append(
            actor_id=who.id,
            actor=who.shown,
            action=action,
            target={name: value[:_TARGET_MAX] for name, value in target.items()},
            address=address,
            status=status,
        )
    except Unavailable as error:
        _logger.error(  # noqa: TRY400 - nothing of ours is wrong
            "not in the audit log: %s by %s: %s", action, who.shown, error
        )


async def page(
    store: Store,
    actor: Actor,
    before: int | None,
    limit: int,
    *,
    who: str = "",
    what: str = "",
) -> list[AuditEntry]:
    """At most `limit` entries with a position below `before`, newest first.

    `who` is a part of an actor's address, `what` an action; empty is any.

    Raises:
        Forbidden: the actor is no admin.
    """
    actor.require_admin()
    return await store.audit.page(before, limit, who=who.strip(), what=what)


async def actions(store: Store, actor: Actor) -> list[str]:
    """What was ever asked for, by name.

    Raises:
        Forbidden: the actor is no admin.
    """
    actor.require_admin()
    return await store.audit.actions()


async def verify(store: Store, actor: Actor) -> AuditVerdict:
    """Whether the log is whole.

    Raises:
        Forbidden: the actor is no admin.
    """
    actor.require_admin()
    return await store.audit.verify()
