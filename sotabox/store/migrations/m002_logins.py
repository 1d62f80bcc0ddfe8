from sqlite_utils import Database

from sotabox.store.migrations.series import SCHEMA


@SCHEMA()
def m002_logins(db: Database) -> None:
    """Sessions of the dashboard, one-time setup links, and when a project's variables changed."""
    db.executescript("""
        CREATE TABLE sessions (
            id TEXT PRIMARY KEY,
            user_id TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
            token_hash TEXT NOT NULL UNIQUE,
            address TEXT NOT NULL,
            agent TEXT NOT NULL,
            created_at TEXT NOT NULL,
            seen_at TEXT NOT NULL
        ) STRICT;
        CREATE INDEX sessions_by_user ON sessions (user_id, seen_at);

        CREATE TABLE setup_links (
            token_hash TEXT PRIMARY KEY,
            user_id TEXT NOT NULL UNIQUE REFERENCES users ON DELETE CASCADE,
            created_at TEXT NOT NULL
        ) STRICT;

        ALTER TABLE projects ADD COLUMN env_changed_at TEXT;
    """)
