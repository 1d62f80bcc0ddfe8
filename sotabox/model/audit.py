"""The audit log: who did what, from where; each entry sealed together with the one before it."""

import msgspec


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody did, or tried to do.

    `actor` is the user's address at that time, as users may go. `action` is the name of what was
    asked for, such as `rollback`; `target` is what it was asked of, by the names in its path. `status`
    is how it was answered: below 400 it was done. `hash` covers all of it and the entry before.
    """

    position: int
    at: str
    actor_id: str
    actor: str
    action: str
    target: dict[str, str]
    address: str
    status: int
    hash: str


class AuditVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the log is whole. `broken_at` is the first position that does not fit."""

    intact: bool
    entries: int
    broken_at: int | None
