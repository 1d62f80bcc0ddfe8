"""The `setup_links` table: one-time ways to set a password, as digests."""

from sotabox.model.session import SetupLink
from sotabox.store.database import Database

_FORGET = "DELETE FROM setup_links WHERE user_id = ?"
_INSERT = "INSERT INTO setup_links (token_hash, user_id, created_at) VALUES (?, ?, ?)"
_FIND = "SELECT * FROM setup_links WHERE token_hash = ? AND created_at > ?"
_USE = "DELETE FROM setup_links WHERE token_hash = ? AND created_at > ? RETURNING user_id"
_EMAIL_OF_OTHER = "SELECT 1 FROM users WHERE email = ? AND id <> ?"
_SET_LOGIN = """
    UPDATE users SET email = ?, password_hash = ?, totp_sealed = NULL WHERE id = ?"""
_END_SESSIONS = "DELETE FROM sessions WHERE user_id = ?"


class SetupLinks:
    """One at most for each user: a newer link takes the older one out of use."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def replace(self, user_id: str, token_hash: str, now: str) -> None:
        """Keeps a user's new link, in place of any before."""
        async with self._database.transaction() as transaction:
            await transaction.execute(_FORGET, (user_id,))
            await transaction.execute(_INSERT, (token_hash, user_id, now))

    async def find(self, token_hash: str, *, made_after: str) -> SetupLink | None:
        """The link of a token, unless it was used or is too old."""
        row = await self._database.one(_FIND, (token_hash, made_after))
        return SetupLink(user_id=row["user_id"], created_at=row["created_at"]) if row else None

    async def use(
        self, token_hash: str, *, made_after: str, email: str, password_hash: str
    ) -> str | None:
        """Sets the login that a link is for, in one transaction with taking the link out of use.

        All sessions of that user end: who had one may be the reason for the new password. So does
        their second factor: it may have been lost with the password.

        Returns:
            The user's id; None where the link was used meanwhile, or is too old.

        Raises:
            EmailTaken: another user has that address; the link can still be used.
        """
        async with self._database.transaction() as transaction:
            link = await transaction.one(_USE, (token_hash, made_after))
            if link is None:
                return None
            user_id: str = link["user_id"]
            if await transaction.one(_EMAIL_OF_OTHER, (email, user_id)) is not None:
                raise EmailTaken(email)
            await transaction.execute(_SET_LOGIN, (email, password_hash, user_id))
            await transaction.execute(_END_SESSIONS, (user_id,))
        return user_id


class EmailTaken(Exception):
    """Another user has this address; never leaves the operations."""
