from sqlite_utils import Database

from sotabox.store.migrations.series import SCHEMA


@SCHEMA()
def m001_the_first_schema(db: Database) -> None:
    """Users and their keys, projects, deployments, variables."""
    db.executescript("""
        CREATE TABLE users (
            id TEXT PRIMARY KEY,
            email TEXT NOT NULL UNIQUE,
            role TEXT NOT NULL CHECK (role IN ('admin', 'member', 'viewer')),
            password_hash TEXT,
            created_at TEXT NOT NULL
        ) STRICT;

        CREATE TABLE api_keys (
            id TEXT PRIMARY KEY,
            user_id TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
            name TEXT NOT NULL,
            key_hash TEXT NOT NULL UNIQUE,
            key_prefix TEXT NOT NULL,
            created_at TEXT NOT NULL,
            last_used_at TEXT
        ) STRICT;
        CREATE INDEX api_keys_by_user ON api_keys (user_id, id);

        CREATE TABLE projects (
            id TEXT PRIMARY KEY,
            user_id TEXT NOT NULL REFERENCES users,
            name TEXT NOT NULL,
            slug TEXT NOT NULL UNIQUE,
            deleting INTEGER NOT NULL DEFAULT 0,
            created_at TEXT NOT NULL,
            updated_at TEXT NOT NULL
        ) STRICT;
        CREATE INDEX projects_by_user ON projects (user_id, id);

        CREATE TABLE deployments (
            id TEXT PRIMARY KEY,
            project_id TEXT NOT NULL REFERENCES projects ON DELETE CASCADE,
            number INTEGER NOT NULL,
            status TEXT NOT NULL,
            source TEXT NOT NULL,
            source_deployment_id TEXT,
            image_id TEXT,
            image_tag TEXT,
            build_method TEXT,
            framework TEXT,
            plan TEXT,
            port INTEGER,
            container_id TEXT,
            address TEXT,
            error TEXT,
            hint TEXT,
            url TEXT,
            phases TEXT NOT NULL DEFAULT '{}',
            created_by TEXT,
            created_at TEXT NOT NULL,
            updated_at TEXT NOT NULL,
            UNIQUE (project_id, number)
        ) STRICT;
        CREATE INDEX deployments_unfinished ON deployments (project_id, created_at)
            WHERE status NOT IN ('stopped', 'failed');
        CREATE INDEX deployments_pending ON deployments (project_id) WHERE status = 'pending';
        CREATE INDEX deployments_with_image ON deployments (project_id, number)
            WHERE image_id IS NOT NULL;
        CREATE UNIQUE INDEX deployments_one_running ON deployments (project_id)
            WHERE status = 'running';

        CREATE TABLE env_vars (
            id TEXT PRIMARY KEY,
            project_id TEXT NOT NULL REFERENCES projects ON DELETE CASCADE,
            key TEXT NOT NULL,
            sealed BLOB NOT NULL,
            created_at TEXT NOT NULL,
            updated_at TEXT NOT NULL,
            UNIQUE (project_id, key)
        ) STRICT;
    """)
