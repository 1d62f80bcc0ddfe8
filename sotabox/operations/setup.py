"""Setup links: how somebody gets a password without anybody else ever knowing it."""

from datetime import UTC, datetime

from sotabox.crypto.passwords import hash_password
from sotabox.crypto.tokens import digest_token, read_setup_token
from sotabox.errors import Detail, Invalid, NotFound
from sotabox.model.session import SETUP_LINK_MAX, check_email, check_password
from sotabox.model.times import format_time
from sotabox.model.user import User
from sotabox.store.setup_links import EmailTaken
from sotabox.store.store import Store


async def is_set_up(store: Store) -> bool:
    """Whether anybody can log in."""
    return any(user.password_hash for user in await store.users.all())


async def user_of(store: Store, token: str) -> User:
    """Whose link it is.

    Raises:
        NotFound: it was used, is over an hour old, or never was one.
    """
    link = await store.setup_links.find(digest_token(read_setup_token(token)), made_after=_oldest())
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
            digest_token(read_setup_token(token)),
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
