from sqlite_utils import Database

from sotabox.store.migrations.series import SCHEMA


@SCHEMA()
def m014_guards(db: Database) -> None:
    """Deployments that are watched for a while, and how projects want that."""
    db.executescript("""
        ALTER TABLE project_settings ADD COLUMN guard_minutes INTEGER;
        ALTER TABLE project_settings ADD COLUMN guard_5xx_percent REAL;

        CREATE TABLE guards (
            project_id TEXT PRIMARY KEY REFERENCES projects ON DELETE CASCADE,
            deployment_id TEXT NOT NULL,
            previous_id TEXT NOT NULL,
            until TEXT NOT NULL,
            percent REAL NOT NULL,
            percent_before REAL NOT NULL
        ) STRICT, WITHOUT ROWID;
    """)
