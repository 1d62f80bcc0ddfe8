"""The `env_snapshots` table: the variables with which deployments were started, sealed.

Deployments that had the same variables share one. Its digest is keyed: it tells those who see the
database no more than that two are equal.
"""

import hashlib
import hmac
from collections.abc import Iterable
from typing import Final

import msgspec

from sotabox.crypto.sealing import Sealer
from sotabox.model.environment import EnvVar
from sotabox.store.database import Database

_KEEP = """
    INSERT INTO env_snapshots (project_id, digest, sealed) VALUES (?, ?, ?)
    ON CONFLICT (project_id, digest) DO NOTHING"""
_FIND = "SELECT sealed FROM env_snapshots WHERE project_id = ? AND digest = ?"
_KNOWN = "SELECT 1 FROM env_snapshots WHERE project_id = ? AND digest = ?"
#: Removes those by which no deployment runs, starts, or could be rolled back to.
FORGET: Final = """
    DELETE FROM env_snapshots WHERE project_id = :project_id AND NOT EXISTS (
        SELECT 1 FROM deployments AS d
        WHERE d.project_id = :project_id AND d.env_digest = env_snapshots.digest
            AND (d.image_id IS NOT NULL OR d.status NOT IN ('stopped', 'failed')))"""

_decoder: Final = msgspec.json.Decoder(list[EnvVar])


class EnvSnapshots:
    """What projects' variables were when deployments started."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer
        self._key = sealer.derived_key("environment digest")

    async def keep(self, project_id: str, variables: Iterable[EnvVar]) -> str:
        """Keeps a project's variables; gives the digest by which they are found."""
        variables = sorted(variables, key=lambda variable: variable.key)
        digest = self.digest(variables)
        if await self._database.one(_KNOWN, (project_id, digest)) is None:
            text = msgspec.json.encode(variables).decode()
            sealed = self._sealer.seal(text, _context(project_id, digest))
            async with self._database.transaction() as transaction:
                await transaction.execute(_KEEP, (project_id, digest, sealed))
        return digest

    async def find(self, project_id: str, digest: str) -> list[EnvVar] | None:
        """The variables of a digest, by key; None where they are not kept."""
        row = await self._database.one(_FIND, (project_id, digest))
        if row is None:
            return None
        return _decoder.decode(self._sealer.open(row["sealed"], _context(project_id, digest)))

    def digest(self, variables: Iterable[EnvVar]) -> str:
        """What tells sets of variables apart, by key, value and target."""
        facts = sorted((v.key, v.value, v.target.value) for v in variables)
        return hmac.new(self._key, msgspec.json.encode(facts), hashlib.sha256).hexdigest()


def _context(project_id: str, digest: str) -> str:
    return f"env snapshot:{project_id}:{digest}"
