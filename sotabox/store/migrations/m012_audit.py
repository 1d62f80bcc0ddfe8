from sqlite_utils import Database

from sotabox.store.migrations.series import SCHEMA


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
