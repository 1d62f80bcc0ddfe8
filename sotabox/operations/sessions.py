"""Logging in and out, and the sessions in between."""

import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from sotabox.crypto.passwords import HASH_OF_NOBODY, password_matches
from sotabox.crypto.tokens import digest_token
from sotabox.errors import NotFound, Unauthorized
from sotabox.model.session import AGE_MAX, IDLE_MAX, PASSWORD_MAX, Session
from sotabox.model.times import format_time, now
from sotabox.model.user import User
from sotabox.operations.actor import Actor
from sotabox.operations.throttle import Throttle
from sotabox.store.store import Store

_AGENT_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Visitor:
    """Where a request comes from, as a sessions list shows it."""

    address: str
    client: str  # what attempts are counted for: a network, where addresses cost nothing
    agent: str


@dataclass(frozen=True, slots=True)
class Guard:
    """Slows down who guesses passwords: by the account tried from somewhere, and by the place.

    Codes of second factors count by the user as well, from wherever they come: there are only a
    million, and who tries them has a password or a session already, so that it locks out nobody.
    """

    accounts: Throttle = field(default_factory=lambda: Throttle(5))
    clients: Throttle = field(default_factory=lambda: Throttle(30))
    codes: Throttle = field(default_factory=lambda: Throttle(10))

    def require(self, client: str, email: str) -> None:
        """Raises RateLimited for who has failed too often."""
        moment = time.monotonic()
        self.clients.require(client, moment)
        self.accounts.require(f"{client} {email}", moment)

    def fail(self, client: str, email: str) -> None:
        moment = time.monotonic()
        self.clients.fail(client, moment)
        self.accounts.fail(f"{client} {email}", moment)

    def forget(self, client: str, email: str) -> None:
        self.accounts.forget(f"{client} {email}")

    def begin_code(self, client: str, user_id: str) -> None:
        """Counts a code as wrong until `forget_code`; raises as `require`."""
        self.require(client, _code_of(user_id))
        self.codes.require(user_id, time.monotonic())
        self.fail(client, _code_of(user_id))
        self.codes.fail(user_id, time.monotonic())

    def forget_code(self, client: str, user_id: str) -> None:
        self.forget(client, _code_of(user_id))
        self.codes.forget(user_id)


def _code_of(user_id: str) -> str:
    return f"code of {user_id}"


async def recognise(
    store: Store, guard: Guard, visitor: Visitor, email: str, password: str
) -> User:
    """The user whose address and password these are.

    Takes as long for an address that nobody has as for a wrong password.

    Raises:
        Unauthorized: they don't fit together; which one is wrong is not said.
        RateLimited: too many attempts.
    """
    email = email.strip().lower()
    guard.require(visitor.client, email)
    guard.fail(visitor.client, email)  # until shown otherwise: attempts at once count as well
    user = await store.users.find_by_email(email)
    known = (user.password_hash if user else None) or HASH_OF_NOBODY
    matches = await password_matches(password[: PASSWORD_MAX + 1], known)
    if user is None or user.password_hash is None or not matches:
        raise Unauthorized(
            "This address and password don't fit together",
            hint="Forgotten it? On the server, sotabox user setup-link makes a new way in.",
        )
    guard.forget(visitor.client, email)
    return user


async def begin(store: Store, user: User, visitor: Visitor) -> str:
    """A new session of a user who was recognised; this is the only time that its token is known."""
    token = secrets.token_urlsafe(32)
    await forget_dead(store)
    await store.sessions.insert(
        user.id,
        digest_token(token),
        address=visitor.address,
        agent=shown_agent(visitor),
        now=now(),
    )
    return token


async def forget_dead(store: Store) -> None:
    """Removes sessions that are over; whoever makes a new one does so."""
    await store.sessions.delete_dead(**_oldest())


def shown_agent(visitor: Visitor) -> str:
    """What a client calls itself, as a session keeps it."""
    return visitor.agent[:_AGENT_MAX]


async def resume(store: Store, token: str, address: str) -> tuple[Session, User] | None:
    """The session that a token opens, and whose it is."""
    session = await store.sessions.find(digest_token(token), **_oldest())
    user = await store.users.find(session.user_id) if session else None
    if session is None or user is None:
        return None
    moment = now()
    # To the minute is enough for people, and spares a write a request.
    if session.seen_at[:16] != moment[:16] or session.address != address:
        await store.sessions.mark_seen(session.id, moment, address)
    return session, user


async def of(store: Store, actor: Actor) -> list[Session]:
    """The actor's sessions, the last used first."""
    return await store.sessions.of_user(actor.user.id, **_oldest())


async def last_seen(store: Store, actor: Actor) -> dict[str, str]:
    """When each user's browsers were last seen, by user.

    Raises:
        Forbidden: the actor is no admin.
    """
    actor.require_admin()
    return await store.sessions.last_seen(**_oldest())


async def of_somebody(store: Store, actor: Actor, user_id: str) -> list[Session]:
    """A user's sessions, the last used first.

    Raises:
        Forbidden: the actor is no admin.
    """
    actor.require_admin()
    return await store.sessions.of_user(user_id, **_oldest())


async def revoke(store: Store, actor: Actor, session_id: str) -> None:
    """Ends a session, at once.

    Raises:
        NotFound: the actor has no such session.
    """
    if not await store.sessions.delete(session_id, actor.user.id):
        raise NotFound("There is no such session")


def _oldest(moment: datetime | None = None) -> dict[str, str]:
    moment = moment or datetime.now(UTC)
    return {"made_after": _before(moment, AGE_MAX), "seen_after": _before(moment, IDLE_MAX)}


def _before(moment: datetime, age: timedelta) -> str:
    return format_time(moment - age)
