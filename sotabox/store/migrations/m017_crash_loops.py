from sqlite_utils import Database

from sotabox.store.migrations.series import SCHEMA


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
