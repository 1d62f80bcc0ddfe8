"""Partners: programs that make users on this box, and see how many of them there are."""

import logging
from dataclasses import dataclass
from typing import Final

from sotabox.crypto.passwords import hash_password, new_password
from sotabox.crypto.tokens import digest_token, key_prefix, new_api_key, new_partner_key
from sotabox.errors import Detail, Invalid, NotFound, Unauthorized, Unavailable
from sotabox.model.partner import Partner, PartnerUser
from sotabox.model.session import check_email
from sotabox.model.times import now
from sotabox.model.user import Plan, User
from sotabox.operations.actor import Actor
from sotabox.operations.api_keys import checked_name
from sotabox.store.partners import NewLogin
from sotabox.store.store import Store

KEY_START: Final = "sotap_"
_KEY_NAME: Final = "partner"

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PartnerActor:
    """A partner at work: it can make users and look at those it made, and nothing else."""

    partner: Partner


@dataclass(frozen=True, slots=True, kw_only=True)
class Provisioned:
    """A user that a partner asked for; key and password are known only if they were made now."""

    user: User
    api_key: str | None = None
    password: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """How much of the box a user takes."""

    user: User
    project_count: int
    deployment_count: int


async def create(store: Store, name: str) -> tuple[Partner, str]:
    """A new partner, and the text of its key: this is the only time that it is known.

    Raises:
        Invalid: the name is empty or too long.
    """
    key = new_partner_key()
    partner = await store.partners.insert(checked_name(name), digest_token(key), key_prefix(key))
    return partner, key


async def create_by(store: Store, actor: Actor, name: str) -> tuple[Partner, str]:
    """The same, for somebody who has to be an admin.

    Raises:
        Forbidden: the actor is none.
    """
    actor.require_admin()
    return await create(store, name)


async def of(store: Store, actor: Actor) -> list[Partner]:
    """Every partner of the box, oldest first.

    Raises:
        Forbidden: the actor is no admin.
    """
    actor.require_admin()
    return await store.partners.all()


async def revoke(store: Store, actor: Actor, partner_id: str) -> None:
    """Takes a partner's key out of use, at once; the users that it made stay.

    Raises:
        Forbidden: the actor is no admin.
        NotFound: there is no such partner.
    """
    actor.require_admin()
    if not await store.partners.delete(partner_id):
        raise NotFound("There is no such partner")


async def authenticate(store: Store, token: str) -> PartnerActor:
    """The partner behind a key.

    Raises:
        Unauthorized: no key is like that.
    """
    partner = await store.partners.find_by_key(digest_token(token))
    if partner is None:
        raise Unauthorized("This partner key is not valid", hint="Ask the admin of this box.")
    moment = now()
    # To the minute is enough for people, and spares a write a request.
    if partner.last_used_at is None or partner.last_used_at[:16] != moment[:16]:
        await _mark_used(store, partner.id, moment)
    return PartnerActor(partner)


async def _mark_used(store: Store, partner_id: str, moment: str) -> None:
    """A full disk is no reason to refuse who has a key: reading still works."""
    try:
        await store.partners.mark_used(partner_id, moment)
    except Unavailable as error:
        _logger.warning("the use of a partner's key is not noted: %s", error)


async def provision(store: Store, actor: PartnerActor, email: str) -> Provisioned:
    """A member with key and password, on the plan for partners' users; or who has the address.

    Raises:
        Invalid: the address can't be one.
    """
    email = email.strip().lower()
    if problem := check_email(email):
        raise Invalid("This address can't be used", details=[Detail("email", problem)])
    if (known := await store.users.find_by_email(email)) is not None:
        return Provisioned(user=known)
    password, key = new_password(), new_api_key()
    login = NewLogin(
        email=email,
        password_hash=await hash_password(password),
        key_name=_KEY_NAME,
        key_hash=digest_token(key),
        key_prefix=key_prefix(key),
    )
    user_id = await store.partners.provision(actor.partner.id, login, Plan.FREE)
    user = await store.users.find_by_email(email)
    if user is None:
        raise NotFound("This user was removed again at this moment")
    if user_id is None:  # somebody was faster
        return Provisioned(user=user)
    return Provisioned(user=user, api_key=key, password=password)


async def users_page(
    store: Store, actor: PartnerActor, after: str, limit: int
) -> list[PartnerUser]:
    """At most `limit` of the users that a partner made, oldest first."""
    return await store.partners.users_page(actor.partner.id, after, limit)


async def usage(store: Store, actor: PartnerActor, user_id: str) -> Usage:
    """How much of the box a partner's user takes.

    Raises:
        NotFound: it has made no such user.
    """
    user = await store.users.find(user_id)
    if user is None or not await store.partners.has_user(actor.partner.id, user_id):
        raise NotFound("There is no such user")
    projects, deployments = await store.partners.counts(user_id)
    return Usage(user=user, project_count=projects, deployment_count=deployments)
