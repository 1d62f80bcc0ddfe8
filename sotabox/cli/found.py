"""Things of a list named by their id or by the beginning of one (pure)."""

from collections.abc import Iterable, Mapping
from typing import Any

from sotabox.errors import BadRequest, NotFound


def find_row(
    rows: Iterable[Mapping[str, Any]], ref: str, what: str, hint: str, also: str | None = None
) -> Mapping[str, Any]:
    """The row whose id begins with `ref`, or whose field `also` is that.

    Raises:
        NotFound: there is none.
        BadRequest: it may be one of several.
    """
    all_rows = list(rows)
    matching = [row for row in all_rows if also and row[also] == ref]
    matching = matching or [row for row in all_rows if id_of(row).startswith(ref.lower())]
    if not matching:
        raise NotFound(f"There is no {what} {ref}", hint=hint)
    if len(matching) > 1:
        raise BadRequest(f"{len(matching)} begin with {ref}: give more of the id", hint=hint)
    return matching[0]


def id_of(row: Mapping[str, Any]) -> str:
    """The id of a row, which members have as that of their user."""
    id_: str = row["id"] if "id" in row else row["user_id"]
    return id_
