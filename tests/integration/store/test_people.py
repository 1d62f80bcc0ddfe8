"""People and webhooks in the store: what is asked for at each request is found by an index."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sotabox.events import Bus
from sotabox.store import deliveries, device_logins, partners, projects
from sotabox.store.store import Store


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = await Store.open(tmp_path, Bus())
    yield store
    await store.close()


QUERIES = {
    "a user's projects": projects._PAGE.removesuffix("ORDER BY seen.id"),  # a page is sorted
    "a project, and who asks": projects._FIND_FOR.partition("ORDER BY")[0],  # of two rows at most
    "webhooks with something to do": deliveries._BUSY,
    "what a webhook is told next": deliveries._NEXT,
    "whom a change is told": deliveries._SUBSCRIBED,
    "deliveries of a webhook": deliveries._PAGE,
    "old deliveries": deliveries._FORGET,
    "a device's login": device_logins._FIND,
    "a partner's users": partners._PAGE,
    "a user's usage": partners._COUNTS,
}
#: Few rows by nature: an index over those that wait is read whole, and lists of events.
FINE = ("SCAN d USING INDEX deliveries_waiting", "SCAN json_each", "SCAN CONSTANT ROW", "SCAN seen")


@pytest.mark.parametrize("name", QUERIES)
async def test_query_reads_no_whole_table_and_sorts_nothing(store: Store, name: str) -> None:
    """However many there are, a request takes as long."""
    sql = QUERIES[name]
    names = ("user_id", "after", "limit", "ref", "project_id", "event", "unbegun",
             "deployment_id", "webhook_id", "kept")  # fmt: skip
    numbered = set(re.findall(r"\?\d", sql))
    count = len(numbered) or sql.count("?")
    parameters = dict.fromkeys(names, 1) if ":" in sql else (1,) * count
    rows = await store.database.all(f"EXPLAIN QUERY PLAN {sql}", parameters)
    steps = [row["detail"] for row in rows]
    wrong = [
        step
        for step in steps
        if (step.startswith("SCAN") and not step.startswith(FINE))
        or "TEMP B-TREE FOR ORDER" in step
    ]
    assert wrong == [], steps
