from sqlite_utils import Database

from sotabox.store.migrations.series import SCHEMA


@SCHEMA()
def m010_second_factors(db: Database) -> None:
    """A user's second factor: its secret, sealed, and the last step that a code was used of."""
    db.executescript("""
        ALTER TABLE users ADD COLUMN totp_sealed BLOB;
        ALTER TABLE users ADD COLUMN totp_step INTEGER NOT NULL DEFAULT 0;
    """)
