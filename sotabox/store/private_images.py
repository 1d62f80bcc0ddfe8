"""The `private_images` table: which images came here by credentials, and who has shown theirs."""

from sotabox.store.database import Database

_ADD = "INSERT INTO private_images (image_id, user_id) VALUES (?, ?) ON CONFLICT DO NOTHING"
_USERS = "SELECT user_id FROM private_images WHERE image_id = ?"
_ANY_OF_OTHERS = "SELECT 1 FROM private_images WHERE user_id <> ? LIMIT 1"


class PrivateImages:
    """Images that not everybody on this box may build on.

    A row outlives its user: without it the image would be everybody's.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, image_id: str, user_id: str) -> None:
        """This user may have the image: their credentials have got it."""
        async with self._database.transaction() as transaction:
            await transaction.execute(_ADD, (image_id, user_id))

    async def users_of(self, image_id: str) -> frozenset[str]:
        """Who may have an image; nobody, where it is not known to be private."""
        rows = await self._database.all(_USERS, (image_id,))
        return frozenset(row["user_id"] for row in rows)

    async def others_have_some(self, user_id: str) -> bool:
        """Whether there are images that somebody else has brought here."""
        return await self._database.one(_ANY_OF_OTHERS, (user_id,)) is not None
