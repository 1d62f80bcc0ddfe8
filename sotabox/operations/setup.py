"""Setup links: how somebody gets a password without anybody else ever knowing it."""

import secrets
from datetime import UTC, datetime
from typing import Final

from sotabox.crypto import digest_token, hash_password
from sotabox.errors import Detail, Invalid, NotFound
from sotabox.model.session import SETUP_LINK_MAX, check_email, check_password
from sotabox.model.times import format_time, now
from sotabox.model.user import User
from sotabox.operations.users import ensure_admin
from sotabox.store.setup_links import EmailTaken
from sotabox.store.store import Store

#: Crockford's digits: none is taken for another when read aloud.
_DIGITS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_GROUPS, _GROUP = 5, 4  # 100 bits


def new_token() -> str:
    """A fresh token, such as `K7Q2-9ZXA-…`: 100 random bits, easy to type on a phone."""
    groups = ("".join(secrets.choice(_DIGITS) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)


def read_token(text: str) -> str:
    """A token as it was meant: small letters and the usual mistakes are the same."""
    plain = text.strip().upper().translate(str.maketrans("OIL", "011", "- "))
    return "-".join(plain[at : at + _GROUP] for at in range(0, len(plain), _GROUP))


async def make_link(store: Store, user: User | None = None) -> str:
    """The token of a new link that lets a user (the admin) choose a password; the older one ends.

    It works once, for an hour; this is the only time that it is known.
    """
    user = user or await ensure_admin(store)
    token = new_token()
    await store.setup_links.replace(user.id, digest_token(token), now())
    return token


async def is_set_up(store: Store) -> bool:
    """Whether the admin can log in."""
    return (await ensure_admin(store)).password_hash is not None


async def user_of(store: Store, token: str) -> User:
    """Whose link it is.

    Raises:
        NotFound: it was used, is over an hour old, or never was one.
    """
    link = await store.setup_links.find(digest_token(read_token(token)), made_after=_oldest())
    user = await store.users.find(link.user_id) if link else None
    if user is None:
        raise _spent()
    return user


async def complete(store: Store, token: str, email: str, password: str) -> User:
    """Sets the login of the link's user; all their sessions end, and so does the link.

    Raises:
        Invalid: the address or the password can't be one.
        NotFound: the link is spent.
    """
    await user_of(store, token)  # a hash takes a while: not for who has no link
    email = email.strip().lower()
    problems = {"email": check_email(email), "password": check_password(password)}
    details = [Detail(field, problem) for field, problem in problems.items() if problem]
    if details:
        raise Invalid("This login can't be used", details=details)
    try:
        user_id = await store.setup_links.use(
            digest_token(read_token(token)),
            made_after=_oldest(),
            email=email,
            password_hash=await hash_password(password),
        )
    except EmailTaken as error:
        problem = "somebody else on this box has this address"
        raise Invalid("This login can't be used", details=[Detail("email", problem)]) from error
    user = await store.users.find(user_id) if user_id else None
    if user is None:
        raise _spent()
    return user


def _oldest() -> str:
    return format_time(datetime.now(UTC) - SETUP_LINK_MAX)


def _spent() -> NotFound:
    return NotFound(
        "This setup link was used already, or is older than an hour",
        hint="On the server, this makes another one: sotabox user setup-link",
    )
