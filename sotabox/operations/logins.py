"""Logging in, by whichever door: every attempt that is looked at is in the audit log.

Attempts beyond what the guard lets pass are not: nobody fills the log by guessing.
"""

from typing import Final

from sotabox.errors import SecondFactorNeeded, Unauthorized
from sotabox.model.session import check_email
from sotabox.model.user import User
from sotabox.operations import audit, second_factor, session_tokens, sessions
from sotabox.operations.session_tokens import Issued
from sotabox.operations.sessions import Guard, Visitor
from sotabox.store.store import Store

_ACTION: Final = "log_in"
_REFUSED: Final = 401


async def recognise(
    store: Store, guard: Guard, visitor: Visitor, email: str, password: str
) -> User:
    """As `sessions.recognise`; a failure is noted."""
    try:
        return await sessions.recognise(store, guard, visitor, email, password)
    except Unauthorized:
        email = email.strip().lower()
        # What is no address may be a password in the wrong field.
        shown = "unknown" if check_email(email) else email
        await _note(store, visitor, "", shown, "password", _REFUSED)
        raise


async def check_code(store: Store, guard: Guard, visitor: Visitor, user: User, code: str) -> None:
    """As `second_factor.check`; a failure is noted."""
    try:
        await second_factor.check(store, guard, visitor, user, code)
    except Unauthorized:
        await _note(store, visitor, user.id, user.email, "code", _REFUSED)
        raise


async def begin(store: Store, user: User, visitor: Visitor, *, by: str = "password") -> str:
    """A browser's session of a user who was recognised by something; gives its token."""
    token = await sessions.begin(store, user, visitor)
    await _note(store, visitor, user.id, user.email, by, 200)
    return token


async def issue_token(
    store: Store, guard: Guard, visitor: Visitor, email: str, password: str, code: str | None
) -> Issued:
    """A program's session token.

    Raises:
        Unauthorized: address, password or code don't fit.
        SecondFactorNeeded: there is no code, and this user has to show one.
        RateLimited: too many attempts.
    """
    user = await recognise(store, guard, visitor, email, password)
    by = "password"
    if await second_factor.is_on(store, user):
        if code is None:
            raise SecondFactorNeeded(
                "This login needs the code that the authenticator app shows",
                hint='Send it beside the password, as "code".',
            )
        await check_code(store, guard, visitor, user, code)
        by = "code"
    issued = await session_tokens.issue(store, user, visitor)
    await _note(store, visitor, user.id, user.email, by, 200)
    return issued


async def _note(
    store: Store, visitor: Visitor, user_id: str, email: str, by: str, status: int
) -> None:
    who = audit.Who(user_id, email)
    await audit.record(store, who, _ACTION, {"by": by}, visitor.address, status)
