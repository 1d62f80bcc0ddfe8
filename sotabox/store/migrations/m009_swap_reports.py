from sqlite_utils import Database

from sotabox.store.migrations.series import SCHEMA


@SCHEMA()
def m009_swap_reports(db: Database) -> None:
    """What visitors met at a deployment's swap."""
    db.executescript("ALTER TABLE deployments ADD COLUMN swap_report TEXT;")
