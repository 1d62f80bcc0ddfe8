from sqlite_utils import Database

from sotabox.store.migrations.series import SCHEMA


@SCHEMA()
def m006_domains(db: Database) -> None:
    """Custom domains of projects."""
    db.executescript("""
        CREATE TABLE domains (
            id TEXT PRIMARY KEY,
            project_id TEXT NOT NULL REFERENCES projects ON DELETE CASCADE,
            domain TEXT NOT NULL UNIQUE,
            zone TEXT NOT NULL,
            status TEXT NOT NULL DEFAULT 'pending'
                CHECK (status IN ('pending', 'verified', 'active')),
            redirect_to TEXT,
            last_checked_at TEXT,
            next_check_at TEXT NOT NULL,
            verified_at TEXT,
            error_message TEXT,
            created_at TEXT NOT NULL,
            updated_at TEXT NOT NULL
        ) STRICT;
        CREATE INDEX domains_by_project ON domains (project_id, id);
        CREATE INDEX domains_by_next_check ON domains (next_check_at);
    """)
