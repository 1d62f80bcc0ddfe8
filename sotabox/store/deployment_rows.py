"""A row of the `deployments` table, and the `Deployment` that it holds.

SQLite writes a row as JSON, and msgspec reads that: both in C, for less than half of the time that
25 columns of Python objects take. Of a list it makes one text, as each row that is fetched hands the
interpreter's lock to whoever waits for it.
"""

import sqlite3
from typing import Final

import msgspec

from sotabox.model.deployment import Deployment
from sotabox.model.origin import Origin
from sotabox.model.replica import Replica
from sotabox.model.swap import SwapReport

#: Fields whose column has another name, and those whose column holds JSON.
_OTHER_NAMES: Final = {"swap": "swap_report"}
_JSON: Final = frozenset({"phases", "replicas", "swap", "origin", "crash_loop"})


def _member(field: str) -> str:
    column = f"deployments.{_OTHER_NAMES.get(field, field)}"
    return f"'{field}', " + (f"json({column})" if field in _JSON else column)


#: What `deployment_of` reads, for `SELECT` and `RETURNING`.
DEPLOYMENT: Final = (
    f"json_object({', '.join(map(_member, Deployment.__struct_fields__))}) AS deployment"
)

_ONE: Final = msgspec.json.Decoder(Deployment)
_MANY: Final[msgspec.json.Decoder[tuple[Deployment, ...]]] = msgspec.json.Decoder(
    tuple[Deployment, ...]
)


def as_one(query: str) -> str:
    """A query for one row, which `deployments_of` reads, with all that `query` finds, in its order."""
    return f"SELECT group_concat(deployment) AS deployments FROM ({query})"


def deployment_of(row: sqlite3.Row) -> Deployment:
    """The deployment in a row of `DEPLOYMENT`."""
    return _ONE.decode(row["deployment"])


def deployments_of(row: sqlite3.Row) -> tuple[Deployment, ...]:
    """The deployments in the row of a query that is `as_one`."""
    return _MANY.decode(f"[{row['deployments'] or ''}]")


def encode(value: Origin | tuple[Replica, ...] | SwapReport | None) -> str | None:
    """A value of ours as its column holds it."""
    return None if value is None else msgspec.json.encode(value).decode()
