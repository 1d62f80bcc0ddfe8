from sqlite_utils import Database

from sotabox.store.migrations.series import SCHEMA


@SCHEMA()
def m020_pulls(db: Database) -> None:
    """Pulls under way, and which image had the name before; a row that stays is of one that died."""
    db.executescript("""
        CREATE TABLE pulls (
            reference TEXT NOT NULL PRIMARY KEY,
            image_id TEXT
        ) STRICT, WITHOUT ROWID;
    """)
