from sqlite_utils import Database

from sotabox.store.migrations.series import SCHEMA


@SCHEMA()
def m018_private_images(db: Database) -> None:
    """Which images were pulled with whose credentials; rows outlive their users."""
    db.executescript("""
        CREATE TABLE private_images (
            image_id TEXT NOT NULL,
            user_id TEXT NOT NULL,
            PRIMARY KEY (image_id, user_id)
        ) STRICT, WITHOUT ROWID;
    """)
