from sqlite_utils import Database

from sotabox.store.migrations.series import SCHEMA


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
