from sqlite_utils import Database

from sotabox.store.migrations.series import SCHEMA


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
