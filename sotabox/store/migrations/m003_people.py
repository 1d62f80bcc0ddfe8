from sqlite_utils import Database

from sotabox.store.migrations.series import SCHEMA


@SCHEMA()
def m003_people(db: Database) -> None:
    """Plans of users, members of projects, keys that expire, partners, logins of devices."""
    db.executescript("""
        ALTER TABLE users ADD COLUMN plan TEXT NOT NULL DEFAULT 'box'
            CHECK (plan IN ('box', 'free'));
        ALTER TABLE api_keys ADD COLUMN expires_at TEXT;

        CREATE TABLE members (
            project_id TEXT NOT NULL REFERENCES projects ON DELETE CASCADE,
            user_id TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
            role TEXT NOT NULL CHECK (role IN ('member', 'viewer')),
            created_at TEXT NOT NULL,
            PRIMARY KEY (project_id, user_id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX members_by_user ON members (user_id, project_id);

        CREATE TABLE partners (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            key_hash TEXT NOT NULL UNIQUE,
            key_prefix TEXT NOT NULL,
            created_at TEXT NOT NULL,
            last_used_at TEXT
        ) STRICT;

        CREATE TABLE partner_users (
            id TEXT PRIMARY KEY,
            partner_id TEXT NOT NULL REFERENCES partners ON DELETE CASCADE,
            user_id TEXT NOT NULL UNIQUE REFERENCES users ON DELETE CASCADE,
            provisioned_at TEXT NOT NULL
        ) STRICT;
        CREATE INDEX partner_users_by_partner ON partner_users (partner_id, id);

        CREATE TABLE device_logins (
            device_hash TEXT PRIMARY KEY,
            user_code_hash TEXT NOT NULL UNIQUE,
            user_id TEXT REFERENCES users ON DELETE CASCADE,
            created_at TEXT NOT NULL,
            polled_at TEXT
        ) STRICT;
        CREATE INDEX device_logins_by_age ON device_logins (created_at);
        CREATE INDEX device_logins_by_user ON device_logins (user_id) WHERE user_id IS NOT NULL;
    """)
