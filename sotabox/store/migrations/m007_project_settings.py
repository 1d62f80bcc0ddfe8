from sqlite_utils import Database

from sotabox.store.migrations.series import SCHEMA


@SCHEMA()
def m007_project_settings(db: Database) -> None:
    """What projects say about how they are built and run, and whether they are paused."""
    db.executescript("""
        CREATE TABLE project_settings (
            project_id TEXT PRIMARY KEY REFERENCES projects ON DELETE CASCADE,
            memory_mb INTEGER,
            cpus REAL,
            pids INTEGER,
            health_path TEXT,
            health_timeout_s INTEGER,
            drain_timeout_s INTEGER,
            port INTEGER,
            builder TEXT,
            root_directory TEXT,
            build_command TEXT,
            start_command TEXT,
            updated_at TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;

        ALTER TABLE projects ADD COLUMN paused INTEGER NOT NULL DEFAULT 0;
    """)
