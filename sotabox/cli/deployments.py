"""Naming a deployment on the command line: by id, by the beginning of one, by number."""

from typing import TYPE_CHECKING, Any, Final

from sotabox.errors import BadRequest, NotFound

if TYPE_CHECKING:
    from sotabox.cli.remote import Remote

_WHOLE_ID: Final = 36


def find_deployment(remote: "Remote", project: str, ref: str | None) -> dict[str, Any]:
    """The deployment that `ref` names, or the newest one.

    Raises:
        NotFound: there is none.
        BadRequest: it may be one of several.
    """
    if ref is not None and len(ref) == _WHOLE_ID:
        found: dict[str, Any] = remote.call("GET", f"/projects/{project}/deployments/{ref}")
        return found
    rows = remote.pages(f"/projects/{project}/deployments")
    if ref is None:
        if newest := next(rows, None):
            return dict(newest)
        raise NotFound("Nothing was deployed in this project yet", hint="sotabox deploy")
    matching = [row for row in rows if _is_named(row, ref)]
    if not matching:
        raise NotFound(
            f"This project has no deployment {ref}", hint="sotabox status lists the last ones."
        )
    if len(matching) > 1:
        raise BadRequest(f"{len(matching)} deployments begin with {ref}: give more of the id")
    return dict(matching[0])


def _is_named(row: dict[str, Any], ref: str) -> bool:
    if ref.isdigit() and len(ref) < 8:
        return int(row["number"]) == int(ref)
    return str(row["id"]).startswith(ref.lower())
