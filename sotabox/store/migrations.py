"""The schema, step by step. Steps only go forward; a released one is never edited."""

import sqlite3
from pathlib import Path

from sqlite_utils import Database, Migrations

from sotabox.errors import Internal
from sotabox.store.hold import alone

SCHEMA = Migrations("sotabox")


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


@SCHEMA()
def m005_variable_targets(db: Database) -> None:
    """Whether a variable is there while building, while running, or both."""
    db.executescript("""
        ALTER TABLE env_vars ADD COLUMN target TEXT NOT NULL DEFAULT 'both'
            CHECK (target IN ('both', 'build', 'run'));
    """)


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


@SCHEMA()
def m009_feed(db: Database) -> None:
    """What happens to projects, noted with the change itself; keys of requests that may be repeated.

    Triggers, so that no writer can forget it, and a kill between the two is impossible.
    """
    now = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"
    db.executescript(f"""
        CREATE TABLE events (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            type TEXT NOT NULL,
            project_id TEXT NOT NULL,
            owner_id TEXT NOT NULL,
            deployment_id TEXT,
            at TEXT NOT NULL
        ) STRICT;
        CREATE TRIGGER events_are_bounded AFTER INSERT ON events BEGIN
            DELETE FROM events WHERE id <= new.id - 10000;
        END;

        CREATE TRIGGER deployment_was_made AFTER INSERT ON deployments BEGIN
            INSERT INTO events (type, project_id, owner_id, deployment_id, at)
            SELECT 'deployment.' || new.status, id, user_id, new.id, {now}
            FROM projects WHERE id = new.project_id;
        END;
        CREATE TRIGGER deployment_moved_on AFTER UPDATE OF status ON deployments
        WHEN old.status <> new.status BEGIN
            INSERT INTO events (type, project_id, owner_id, deployment_id, at)
            SELECT 'deployment.' || new.status, id, user_id, new.id, {now}
            FROM projects WHERE id = new.project_id;
        END;

        CREATE TRIGGER project_was_made AFTER INSERT ON projects BEGIN
            INSERT INTO events (type, project_id, owner_id, at)
            VALUES ('project.created', new.id, new.user_id, {now});
        END;
        CREATE TRIGGER project_was_renamed AFTER UPDATE OF name ON projects
        WHEN old.name <> new.name BEGIN
            INSERT INTO events (type, project_id, owner_id, at)
            VALUES ('project.renamed', new.id, new.user_id, {now});
        END;
        CREATE TRIGGER project_was_paused_or_resumed AFTER UPDATE OF paused ON projects
        WHEN old.paused <> new.paused BEGIN
            INSERT INTO events (type, project_id, owner_id, at)
            VALUES (
                iif(new.paused, 'project.paused', 'project.resumed'), new.id, new.user_id, {now});
        END;
        CREATE TRIGGER variables_changed AFTER UPDATE OF env_changed_at ON projects BEGIN
            INSERT INTO events (type, project_id, owner_id, at)
            VALUES ('variables.changed', new.id, new.user_id, {now});
        END;
        CREATE TRIGGER project_was_deleted AFTER DELETE ON projects BEGIN
            INSERT INTO events (type, project_id, owner_id, at)
            VALUES ('project.deleted', old.id, old.user_id, {now});
        END;

        CREATE TRIGGER settings_changed AFTER UPDATE ON project_settings BEGIN
            INSERT INTO events (type, project_id, owner_id, at)
            SELECT 'settings.changed', id, user_id, {now} FROM projects WHERE id = new.project_id;
        END;

        CREATE TRIGGER domain_was_added AFTER INSERT ON domains BEGIN
            INSERT INTO events (type, project_id, owner_id, at)
            SELECT 'domain.added', id, user_id, {now} FROM projects WHERE id = new.project_id;
        END;
        CREATE TRIGGER domain_moved_on AFTER UPDATE OF status ON domains
        WHEN old.status <> new.status BEGIN
            INSERT INTO events (type, project_id, owner_id, at)
            SELECT 'domain.' || new.status, id, user_id, {now}
            FROM projects WHERE id = new.project_id;
        END;
        CREATE TRIGGER domain_was_removed AFTER DELETE ON domains BEGIN
            INSERT INTO events (type, project_id, owner_id, at)
            SELECT 'domain.removed', id, user_id, {now} FROM projects WHERE id = old.project_id;
        END;

        CREATE TABLE idempotency_keys (
            user_id TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
            key TEXT NOT NULL,
            digest TEXT NOT NULL,
            deployment_id TEXT NOT NULL REFERENCES deployments ON DELETE CASCADE,
            created_at TEXT NOT NULL,
            PRIMARY KEY (user_id, key)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
        CREATE INDEX idempotency_keys_by_deployment ON idempotency_keys (deployment_id);
    """)


@SCHEMA()
def m009_swap_reports(db: Database) -> None:
    """What visitors met at a deployment's swap."""
    db.executescript("ALTER TABLE deployments ADD COLUMN swap_report TEXT;")


@SCHEMA()
def m010_second_factors(db: Database) -> None:
    """A user's second factor: its secret, sealed, and the last step that a code was used of."""
    db.executescript("""
        ALTER TABLE users ADD COLUMN totp_sealed BLOB;
        ALTER TABLE users ADD COLUMN totp_step INTEGER NOT NULL DEFAULT 0;
    """)


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


@SCHEMA()
def m012_audit(db: Database) -> None:
    """The audit log, to which entries are only added."""
    db.executescript("""
        CREATE TABLE audit (
            position INTEGER PRIMARY KEY AUTOINCREMENT,
            at TEXT NOT NULL,
            actor_id TEXT NOT NULL,
            actor TEXT NOT NULL,
            action TEXT NOT NULL,
            target TEXT NOT NULL,
            address TEXT NOT NULL,
            status INTEGER NOT NULL,
            hash TEXT NOT NULL
        ) STRICT;
        CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit BEGIN
            SELECT raise(ABORT, 'the audit log is never changed');
        END;
        CREATE TRIGGER audit_is_never_cut BEFORE DELETE ON audit BEGIN
            SELECT raise(ABORT, 'the audit log is never cut');
        END;
    """)


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


@SCHEMA()
def m015_sessions_of_programs(db: Database) -> None:
    """Sessions that end at a given moment, whose token a program holds."""
    db.executescript("ALTER TABLE sessions ADD COLUMN expires_at TEXT;")


@SCHEMA()
def m016_latency_and_network(db: Database) -> None:
    """How many requests took no longer than each of Caddy's bounds; bytes in and out."""
    names = [f"within_{ms}ms" for ms in (5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000)]
    for name in (*names, "received_bytes", "sent_bytes"):
        db.execute(f"ALTER TABLE samples ADD COLUMN {name} INTEGER NOT NULL DEFAULT 0")


@SCHEMA()
def m017_crash_loops(db: Database) -> None:
    """Crash loops of deployments, in the feed too; webhooks may hear of them more than once."""
    now = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"
    db.executescript(f"""
        ALTER TABLE deployments ADD COLUMN crash_loop TEXT;
        CREATE TRIGGER app_was_degraded_or_recovered AFTER UPDATE OF crash_loop ON deployments
        WHEN coalesce(json_extract(old.crash_loop, '$.over'), 1)
            <> coalesce(json_extract(new.crash_loop, '$.over'), 1) BEGIN
            INSERT INTO events (type, project_id, owner_id, deployment_id, at)
            SELECT iif(json_extract(new.crash_loop, '$.over'), 'app.recovered', 'app.degraded'),
                id, user_id, new.id, {now}
            FROM projects WHERE id = new.project_id;
        END;

        DROP INDEX deliveries_once;
        CREATE UNIQUE INDEX deliveries_once ON deliveries (webhook_id, deployment_id, event)
            WHERE resent_from IS NULL AND deployment_id IS NOT NULL AND event LIKE 'deploy.%';
    """)


@SCHEMA()
def m018_private_images(db: Database) -> None:
    """Which images were pulled with whose credentials; rows outlive their users."""
    db.executescript("""
        CREATE TABLE private_images (
            image_id TEXT NOT NULL,
            user_id TEXT NOT NULL,
            PRIMARY KEY (image_id, user_id)
        ) STRICT, WITHOUT ROWID;
    """)


@SCHEMA()
def m019_replicas(db: Database) -> None:
    """A deployment has any number of containers; so far it had one, or none."""
    db.execute("ALTER TABLE project_settings ADD COLUMN replicas INTEGER")
    db.execute("ALTER TABLE deployments ADD COLUMN replicas TEXT NOT NULL DEFAULT '[]'")
    db.execute("""
        UPDATE deployments SET replicas = json_array(
            json_object('container_id', container_id, 'address', coalesce(address, '')))
        WHERE container_id IS NOT NULL""")
    db.execute("ALTER TABLE deployments DROP COLUMN container_id")
    db.execute("ALTER TABLE deployments DROP COLUMN address")
    db.execute("""
        CREATE INDEX deployments_of_several ON deployments (project_id, json_array_length(replicas))
        WHERE json_array_length(replicas) > 1""")


def migrate(path: Path) -> None:
    """Brings the database at `path` to today's schema, making it where there is none.

    Each step and its record are one transaction. Blocks; of several processes that begin at once one
    does the work, and the others find it done.

    Raises:
        Internal: the database was written by a newer sotabox, or is damaged.
        Unavailable: another process has been at it for a minute.
    """
    with alone(path.parent):
        _migrate(path)


def _migrate(path: Path) -> None:
    database = Database(path)
    try:
        _require_database(database, path)
        applied = {step.name for step in SCHEMA.applied(database)}
        known = {step.name for step in SCHEMA.pending(Database(memory=True))}
        if newer := sorted(applied - known):
            raise Internal(
                f"{path} was written by a newer sotabox (it has {', '.join(newer)})",
                hint="Start the newer version, or restore the backup made before the upgrade.",
            )
        SCHEMA.apply(database)
    finally:
        database.close()


def _require_database(database: Database, path: Path) -> None:
    try:
        database.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.DatabaseError as error:
        raise Internal(
            f"{path} can't be read as a database: {error}",
            hint="Restore it from a backup, together with the key file beside it.",
        ) from error
