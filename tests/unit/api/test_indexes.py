"""However much a box has stored, looking something up reads what is asked for and not all there is."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from sotabox.store.database import Database, Parameters
from tests.in_process import InProcess, open_site
from tests.unit.api.test_who_may_what import RULES, Who, ask, build_town

#: These read all there is of something that is meant to be read whole, and say so in their docs.
WHOLE = {"GET /v1/audit/verify", "GET /v1/partners"}
LOOKS = [route for route in RULES if route.startswith("GET ") and route not in WHOLE]
#: What a plan says of a table that is read from its first row to its last.
_SCAN = re.compile(r"^SCAN (?!json_each|CONSTANT|seen|wanted|\(?subquery)(\w+)", re.IGNORECASE)
#: An index that has only the few rows that are wanted: all of it is read.
_PARTIAL = "USING INDEX registries_of_box"


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[InProcess]:
    async with open_site(tmp_path) as site:
        yield site


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Parameters]]:
    """What is asked of the database from here on."""
    told: list[tuple[str, Parameters]] = []
    for name in ("all", "find_all", "recall"):
        asked = getattr(Database, name)

        async def listening(
            self: Database, sql: str, parameters: Parameters = (), *rest: Any, asked: Any = asked
        ) -> Any:
            told.append((sql, parameters))
            return await asked(self, sql, parameters, *rest)

        monkeypatch.setattr(Database, name, listening)
    return told


@pytest.mark.parametrize("route", LOOKS)
async def test_look_up_reads_by_an_index(
    site: InProcess, heard: list[tuple[str, Parameters]], route: str
) -> None:
    """For an admin, who sees all, for a member, who sees what they were added to, and for a partner."""
    town = await build_town(site, route)
    for who in (Who.ADMIN, Who.MEMBER, Who.PARTNER):
        heard.clear()
        await ask(site, route, town.path(route.partition(" ")[2]), town.keys[who])
        assert heard, "it has to be known who asks, at least"
        for sql, parameters in list(heard):
            details = await plan(site.box.store.database, sql, parameters)
            scans = [d for d in details if _SCAN.match(d) and not d.endswith(_PARTIAL)]
            assert scans == [], (route, who, sql)


async def plan(database: Database, sql: str, parameters: Parameters = ()) -> list[str]:
    return [row["detail"] for row in await database.all(f"EXPLAIN QUERY PLAN {sql}", parameters)]


async def test_scan_is_seen(site: InProcess) -> None:
    """The test itself would notice: a table without an index for what is asked."""
    details = await plan(site.box.store.database, "SELECT id FROM deployments WHERE port = 1")
    assert any(_SCAN.match(detail) for detail in details)
