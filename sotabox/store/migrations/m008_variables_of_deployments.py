from sqlite_utils import Database

from sotabox.store.migrations.series import SCHEMA


@SCHEMA()
def m008_variables_of_deployments(db: Database) -> None:
    """The variables with which each deployment was started."""
    db.executescript("""
        CREATE TABLE env_snapshots (
            project_id TEXT NOT NULL REFERENCES projects ON DELETE CASCADE,
            digest TEXT NOT NULL,
            sealed BLOB NOT NULL,
            PRIMARY KEY (project_id, digest)
        ) STRICT, WITHOUT ROWID;

        ALTER TABLE deployments ADD COLUMN env_digest TEXT;
    """)
