"""The `idempotency_keys` table: which deployment a repeated request has made already."""

from dataclasses import dataclass

from sotabox.model.times import now
from sotabox.store.database import Database, Transaction

_FIND = """
    SELECT digest, deployment_id FROM idempotency_keys
    WHERE user_id = ? AND key = ? AND created_at > ?"""
_FORGET = "DELETE FROM idempotency_keys WHERE created_at <= ?"
_CLAIM = """
    INSERT INTO idempotency_keys (user_id, key, digest, deployment_id, created_at)
    VALUES (?, ?, ?, ?, ?)"""


@dataclass(frozen=True, slots=True)
class Once:
    """A request that shall make no more than one deployment, however often it is sent.

    Attributes:
        user_id: whose key it is.
        key: as the client chose it.
        digest: of the request: the same key with another request is a mistake.
        valid_after: keys that were first used before this time are forgotten.
    """

    user_id: str
    key: str
    digest: str
    valid_after: str


class Repeated(Exception):
    """The key was used already; never leaves the operations.

    Attributes:
        deployment_id: what it made then.
        same: whether by the same request.
    """

    def __init__(self, deployment_id: str, *, same: bool) -> None:
        super().__init__(deployment_id)
        self.deployment_id = deployment_id
        self.same = same


class Idempotency:
    """Keys that clients chose for their requests."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def check(self, once: Once) -> None:
        """Says before work is done whether it was done already.

        Raises:
            Repeated: it was.
        """
        row = await self._database.one(_FIND, (once.user_id, once.key, once.valid_after))
        if row is not None:
            raise Repeated(row["deployment_id"], same=row["digest"] == once.digest)


async def claim(transaction: Transaction, once: Once, deployment_id: str) -> None:
    """Notes, with the new deployment, by which key it was made; first, so that nothing else happens.

    Raises:
        Repeated: somebody was faster.
    """
    await transaction.execute(_FORGET, (once.valid_after,))
    row = await transaction.one(_FIND, (once.user_id, once.key, once.valid_after))
    if row is not None:
        raise Repeated(row["deployment_id"], same=row["digest"] == once.digest)
    values = (once.user_id, once.key, once.digest, deployment_id, now())
    await transaction.execute(_CLAIM, values)
