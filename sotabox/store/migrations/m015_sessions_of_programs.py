from sqlite_utils import Database

from sotabox.store.migrations.series import SCHEMA


@SCHEMA()
def m015_sessions_of_programs(db: Database) -> None:
    """Sessions that end at a given moment, whose token a program holds."""
    db.executescript("ALTER TABLE sessions ADD COLUMN expires_at TEXT;")
