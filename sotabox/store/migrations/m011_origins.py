from sqlite_utils import Database

from sotabox.store.migrations.series import SCHEMA


@SCHEMA()
def m011_origins(db: Database) -> None:
    """Deployments from images and from Git; credentials of registries; sizes of images."""
    db.executescript("""
        ALTER TABLE deployments ADD COLUMN origin TEXT;
        ALTER TABLE deployments ADD COLUMN image_bytes INTEGER;

        CREATE TABLE registries (
            id TEXT PRIMARY KEY,
            user_id TEXT REFERENCES users ON DELETE CASCADE,
            host TEXT NOT NULL,
            username TEXT NOT NULL,
            sealed BLOB NOT NULL,
            created_at TEXT NOT NULL,
            updated_at TEXT NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX registries_of_user ON registries (user_id, host)
            WHERE user_id IS NOT NULL;
        CREATE UNIQUE INDEX registries_of_box ON registries (host) WHERE user_id IS NULL;

        CREATE TABLE git_tokens (
            deployment_id TEXT PRIMARY KEY REFERENCES deployments ON DELETE CASCADE,
            sealed BLOB NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TRIGGER git_tokens_end AFTER UPDATE OF status ON deployments
            WHEN new.status NOT IN ('pending', 'building') BEGIN
                DELETE FROM git_tokens WHERE deployment_id = new.id;
            END;
    """)
