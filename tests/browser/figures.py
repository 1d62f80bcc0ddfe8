"""An hour of an app's figures, as the box would have written them in an hour."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing

from tests.box import Box


def sawtooth(at: int) -> float:
    """From 1 to 7 and again."""
    return 1 + at % 7


def record(box: Box, slug: str, wave: Callable[[int], float] = sawtooth) -> None:
    """Writes the figures of an app; `wave` is its load, 1 to 10 or so, in a step by its number."""
    with closing(sqlite3.connect(box.directory / "sotabox.db", timeout=30)) as database, database:
        (id_,) = database.execute("SELECT id FROM projects WHERE slug = ?", (slug,)).fetchone()
        now = int(time.time())
        for step in (30, 300):
            for at in range(now - now % step - 3600 + step, now, step):
                load = wave(at // 30)
                seen = load * step / 30
                database.execute(
                    """INSERT OR REPLACE INTO samples (project_id, step_s, at, seconds, cpu_ms,
                       memory_bytes, ok, redirect, client_error, server_error, duration_ms, slow,
                       within_25ms, within_50ms, received_bytes, sent_bytes)
                       VALUES (?, ?, ?, ?, ?, ?, ?, 3, 2, 1, 100, 0, ?, ?, ?, ?)""",
                    (id_, step, at, step, int(900 * seen), int(30_000_000 * load), int(9 * seen),
                     int(5 * seen), int(9 * seen) + 6, int(7_000 * seen), int(90_000 * seen)),
                )  # fmt: skip
