"""The `git_tokens` table: what lets a deployment fetch from Git, for as long as it has to.

A trigger removes a token when its deployment is past its build, however it got there.
"""

from typing import Final

from sotabox.crypto.sealing import Sealer
from sotabox.store.database import Database

#: Written with the deployment, in one transaction.
KEEP_TOKEN: Final = "INSERT INTO git_tokens (deployment_id, sealed) VALUES (?, ?)"  # noqa: S105
_FIND = "SELECT sealed FROM git_tokens WHERE deployment_id = ?"


class GitTokens:
    """Tokens of deployments that wait for their files."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    def seal(self, deployment_id: str, token: str) -> bytes:
        """A token as it is kept."""
        return self._sealer.seal(token, _context(deployment_id))

    async def find(self, deployment_id: str) -> str | None:
        """The token of a deployment, where it needs one."""
        row = await self._database.one(_FIND, (deployment_id,))
        return self._sealer.open(row["sealed"], _context(deployment_id)) if row else None


def _context(deployment_id: str) -> str:
    return f"git:{deployment_id}"
