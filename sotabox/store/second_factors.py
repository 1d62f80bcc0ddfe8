"""The second factors in the `users` table: secrets, sealed, and which codes were used."""

from sotabox.crypto.sealing import Sealer
from sotabox.store.database import Database

_GET = "SELECT totp_sealed FROM users WHERE id = ?"
_WITH = "SELECT id FROM users WHERE totp_sealed IS NOT NULL"
_SET = "UPDATE users SET totp_sealed = ?, totp_step = 0 WHERE id = ?"
_USE = "UPDATE users SET totp_step = :step WHERE id = :id AND totp_step < :step"


class SecondFactors:
    """What somebody shows besides a password."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    async def find(self, user_id: str) -> str | None:
        """A user's secret; None where a password is enough."""
        row = await self._database.one(_GET, (user_id,))
        if row is None or row["totp_sealed"] is None:
            return None
        return self._sealer.open(row["totp_sealed"], _context(user_id))

    async def users(self) -> set[str]:
        """The ids of those whom a password alone does not let in."""
        return {row["id"] for row in await self._database.all(_WITH)}

    async def put(self, user_id: str, secret: str | None) -> None:
        """Sets a user's secret, or takes it away (None)."""
        sealed = self._sealer.seal(secret, _context(user_id)) if secret is not None else None
        async with self._database.transaction() as transaction:
            await transaction.execute(_SET, (sealed, user_id))

    async def use(self, user_id: str, step: int) -> bool:
        """Notes that a code of `step` was used; False where it, or a later one, was before."""
        async with self._database.transaction() as transaction:
            return await transaction.execute(_USE, {"id": user_id, "step": step}) == 1


def _context(user_id: str) -> str:
    return f"totp:{user_id}"
