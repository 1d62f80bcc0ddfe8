from sqlite_utils import Database

from sotabox.store.migrations.series import SCHEMA


@SCHEMA()
def m016_latency_and_network(db: Database) -> None:
    """How many requests took no longer than each of Caddy's bounds; bytes in and out."""
    names = [f"within_{ms}ms" for ms in (5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000)]
    for name in (*names, "received_bytes", "sent_bytes"):
        db.execute(f"ALTER TABLE samples ADD COLUMN {name} INTEGER NOT NULL DEFAULT 0")
