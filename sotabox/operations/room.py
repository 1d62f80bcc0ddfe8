"""Room on the disk: what would go if somebody asked for it, and asking for it."""

from dataclasses import dataclass, replace

from sotabox.operations.actor import Actor
from sotabox.upkeep.superfluous import Findings
from sotabox.upkeep.tidy import Tidy


@dataclass(frozen=True, slots=True)
class Room:
    """What of a box nobody needs. No rollback is lost by it; the next builds load anew."""

    tidy: Tidy

    async def look(self, actor: Actor) -> Findings:
        """What would go; nothing is changed.

        Raises:
            Forbidden, EngineUnavailable: not for this actor; not now.
        """
        actor.require_admin()
        return replace(await self.tidy.look(), cache_keep_bytes=0)

    async def make(self, actor: Actor) -> int:
        """Removes that; bytes freed of files and build cache, images besides.

        Raises:
            Forbidden, EngineUnavailable: not by this actor; not now.
        """
        return await self.tidy.apply(await self.look(actor))
