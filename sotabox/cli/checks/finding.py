"""What a check finds, with the one command that mends it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

#: Mends it; whether it did, the check is asked again.
Fix: TypeAlias = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Finding:
    """How one thing is.

    Attributes:
        subject: the thing, in a word or two.
        ok: whether it is as it should be.
        says: how it is.
        mend: a command, or what else a person can do; None where it is fine.
        fix: does it, where that is safe; None where a person has to.
    """

    subject: str
    ok: bool
    says: str
    mend: str | None = None
    fix: Fix | None = None


def fine(subject: str, says: str) -> Finding:
    """A thing that is as it should be."""
    return Finding(subject, ok=True, says=says)


def bad(subject: str, says: str, mend: str | None, fix: Fix | None = None) -> Finding:
    """A thing that is not."""
    return Finding(subject, ok=False, says=says, mend=mend, fix=fix)
