"""The `pulls` table: which images are being pulled, so that none stays here that nobody noted."""

from sotabox.store.database import Database

# What a pull that died has left is not what was here before.
_BEGIN = "INSERT INTO pulls (reference, image_id) VALUES (?, ?) ON CONFLICT DO NOTHING"
_END = "DELETE FROM pulls WHERE reference = ?"
_ALL = "SELECT reference, image_id FROM pulls"


class Pulls:
    """The pulls that are under way, and those that were when the box died."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, reference: str, image_id: str | None) -> None:
        """Notes a pull; `image_id`: what the engine has by this name before it."""
        async with self._database.transaction() as transaction:
            await transaction.execute(_BEGIN, (reference, image_id))

    async def end(self, reference: str) -> None:
        """What the pull brought is noted, or gone."""
        async with self._database.transaction() as transaction:
            await transaction.execute(_END, (reference,))

    async def all(self) -> dict[str, str | None]:
        """The image that the engine had before, by reference."""
        rows = await self._database.all(_ALL)
        return {row["reference"]: row["image_id"] for row in rows}
