from sqlite_utils import Database

from sotabox.store.migrations.series import SCHEMA


@SCHEMA()
def m004_webhooks(db: Database) -> None:
    """Webhooks of projects, and what they were told or still have to be."""
    db.executescript("""
        CREATE TABLE webhooks (
            id TEXT PRIMARY KEY,
            project_id TEXT NOT NULL REFERENCES projects ON DELETE CASCADE,
            url TEXT NOT NULL,
            events TEXT NOT NULL,
            active INTEGER NOT NULL DEFAULT 1,
            sealed_secret BLOB NOT NULL,
            created_at TEXT NOT NULL,
            updated_at TEXT NOT NULL
        ) STRICT;
        CREATE INDEX webhooks_by_project ON webhooks (project_id, id);

        CREATE TABLE deliveries (
            position INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            webhook_id TEXT NOT NULL REFERENCES webhooks ON DELETE CASCADE,
            project_id TEXT NOT NULL,
            event TEXT NOT NULL,
            deployment_id TEXT,
            deployment_status TEXT,
            event_at TEXT NOT NULL,
            resent_from TEXT,
            status TEXT NOT NULL CHECK (status IN ('waiting', 'delivered', 'failed')),
            attempts INTEGER NOT NULL DEFAULT 0,
            next_attempt_at TEXT NOT NULL,
            response_status INTEGER,
            response_body TEXT,
            error TEXT,
            duration_ms INTEGER,
            created_at TEXT NOT NULL,
            updated_at TEXT NOT NULL
        ) STRICT;
        CREATE INDEX deliveries_by_webhook ON deliveries (webhook_id, position);
        CREATE INDEX deliveries_waiting ON deliveries (webhook_id, position)
            WHERE status = 'waiting';
        CREATE UNIQUE INDEX deliveries_once ON deliveries (webhook_id, deployment_id, event)
            WHERE resent_from IS NULL AND deployment_id IS NOT NULL;
    """)
