from sqlite_utils import Database

from sotabox.store.migrations.series import SCHEMA


@SCHEMA()
def m005_variable_targets(db: Database) -> None:
    """Whether a variable is there while building, while running, or both."""
    db.executescript("""
        ALTER TABLE env_vars ADD COLUMN target TEXT NOT NULL DEFAULT 'both'
            CHECK (target IN ('both', 'build', 'run'));
    """)
