from sqlite_utils import Database

from sotabox.store.migrations.series import SCHEMA


@SCHEMA()
def m013_samples(db: Database) -> None:
    """What apps used and answered, in three resolutions, each for a bounded time."""
    db.executescript("""
        CREATE TABLE samples (
            project_id TEXT NOT NULL REFERENCES projects ON DELETE CASCADE,
            step_s INTEGER NOT NULL,
            at INTEGER NOT NULL,
            seconds REAL NOT NULL,
            cpu_ms INTEGER NOT NULL,
            memory_bytes INTEGER NOT NULL,
            ok INTEGER NOT NULL,
            redirect INTEGER NOT NULL,
            client_error INTEGER NOT NULL,
            server_error INTEGER NOT NULL,
            duration_ms INTEGER NOT NULL,
            slow INTEGER NOT NULL,
            PRIMARY KEY (project_id, step_s, at)
        ) STRICT, WITHOUT ROWID;
    """)
