"""`sotabox status`: one screen of the project that this folder belongs to, or of the box."""

import argparse
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from sotabox.cli import box_status, ps
from sotabox.cli.columns import columns
from sotabox.cli.connect import (
    KEY_VARIABLE,
    URL_VARIABLE,
    add_remote,
    connect,
    print_json,
    screen_for,
)
from sotabox.cli.failures import DONE
from sotabox.cli.link import find_link
from sotabox.cli.options import add_settings, settings_from
from sotabox.cli.ps import mark
from sotabox.cli.terminal import Screen

if TYPE_CHECKING:
    from sotabox.cli.remote import Remote

NAME = "status"
HELP = "Show how this folder's project is; on a server, its box."

_SHOWN: Final = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_remote(parser, project=True)
    add_settings(parser, box_status.SETTINGS)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    screen = screen_for(arguments, environ)
    link = find_link(Path())
    ref = arguments.project or (link.project_id if link else None)
    if ref is None and not _names_a_box(arguments, environ):
        settings = settings_from(arguments, environ)
        if box_status.is_here(settings):
            return box_status.show(settings, screen, as_json=arguments.json)
    if ref is None:
        return ps.run(arguments, environ)
    with connect(arguments, environ) as remote:
        project = remote.call("GET", f"/projects/{quote(ref, safe='')}")
        path = f"/projects/{project['id']}/deployments"
        deployments = remote.call("GET", path, params={"limit": str(_SHOWN)})
        if arguments.json:
            print_json(project | {"deployments": deployments})
        else:
            _show(remote, project, deployments, screen)
    return DONE


def made_of(row: Mapping[str, Any]) -> str:
    """What a deployment was made of, in the word that a person knows it by."""
    if row["source"] in {"redeploy", "rollback"}:
        return str(row["source"])
    if commit := row.get("commit"):
        return f"git {commit['id'][:8]}" if commit["id"] else "git"
    if image := row.get("image"):
        return str(image["reference"])
    return str(row.get("archive_name") or row["source"])


def _names_a_box(arguments: argparse.Namespace, environ: Mapping[str, str]) -> bool:
    return bool(arguments.api_url or environ.get(URL_VARIABLE) or environ.get(KEY_VARIABLE))


def _show(
    remote: "Remote",
    project: Mapping[str, Any],
    deployments: Sequence[Mapping[str, Any]],
    screen: Screen,
) -> None:
    from sotabox.dashboard.words import ago

    status = project["status"] or "new"
    url = f"  {remote.url.scheme}://{project['url']}" if project["url"] else ""
    screen.line(f"{project['slug']}  {mark(screen, status)} {status}{url}")
    now = datetime.now(UTC)
    rows = [
        (
            str(row["number"]),
            row["status"],
            row["id"][:8],
            made_of(row),
            row["framework"] or row["build_method"] or "",
            ago(row["created_at"], now),
        )
        for row in deployments
    ]
    for line, row in zip(columns(rows), deployments, strict=True):
        screen.line(f"  {mark(screen, row['status'])} {line}")
        if row["status"] == "failed" and row is deployments[0]:
            screen.prose(f"    {(row['error'] or '').partition(chr(10))[0]}", 4)
            if row["hint"]:
                screen.prose(f"    {row['hint']}", 4)
    if not rows:
        screen.line("  Nothing was deployed yet: sotabox deploy")
