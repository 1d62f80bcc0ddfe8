"""`sotabox projects`: those that you see on the box; one more, or one less."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sotabox.cli.columns import columns
from sotabox.cli.connect import add_remote, connect, print_json
from sotabox.cli.failures import DONE
from sotabox.cli.link import FILE_NAME, Link, read_link, write_link
from sotabox.cli.terminal import Screen, ask, may_ask
from sotabox.errors import BadRequest, Conflict, NotFound

if TYPE_CHECKING:
    from sotabox.cli.remote import Remote

NAME = "projects"
HELP = "List projects; make, rename and delete one."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    listing = actions.add_parser("list", help="all that you see")
    create = actions.add_parser("create", help="make one")
    create.add_argument("name", metavar="NAME", help="what it is called")
    create.add_argument("--slug", help="its part of the address (default: made from the name)")
    rename = actions.add_parser("rename", help="call one otherwise; its address stays")
    rename.add_argument("project", metavar="SLUG")
    rename.add_argument("name", metavar="NAME")
    delete = actions.add_parser("delete", help="remove one with all that belongs to it")
    delete.add_argument("project", metavar="SLUG")
    delete.add_argument(
        "--yes", metavar="SLUG", help="the slug again, where nobody can be asked", dest="confirmed"
    )
    for action in (listing, create, rename, delete):
        add_remote(action, below=True)
    add_remote(parser)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    with connect(arguments, environ) as remote:
        if arguments.action == "create":
            return _create(remote, arguments)
        if arguments.action == "rename":
            return _rename(remote, arguments)
        if arguments.action == "delete":
            return _delete(remote, arguments)
        return _list(remote, as_json=arguments.json)


def find_or_make(
    remote: "Remote", given: str | None, folder: Path, screen: Screen
) -> Mapping[str, Any]:
    """The project that a folder is deployed to: named, else linked, else a new one of its name.

    Raises:
        Conflict: a project of that name is there, and nobody said that it is meant.
        NotFound: the project is not on this box.
    """
    from sotabox.model.project import suggest_slug

    if given:
        return _get(remote, given, None)
    if link := read_link(folder):
        return _get(remote, link.project_id, link)
    name = folder.absolute().resolve().name or "app"
    slug = suggest_slug(name)
    try:
        found: Mapping[str, Any] | None = remote.call("GET", f"/projects/{slug}")
    except NotFound:
        found = None
    if found is None:
        found = remote.call("POST", "/projects", json={"name": name, "slug": slug})
        screen.line(f"New project {found['slug']}: this folder belongs to it from now on")
    elif not _confirm(f"Deploy this folder to your project {slug}, which exists?"):
        raise Conflict(
            f"There is a project {slug} already, and this folder isn't known to belong to it",
            hint=f"If it does: sotabox init --project {slug}. For a new one: sotabox init --name …",
        )
    write_link(folder, Link(found["id"], found["slug"]))
    return found


def _get(remote: "Remote", ref: str, link: Link | None) -> Mapping[str, Any]:
    try:
        found: Mapping[str, Any] = remote.call("GET", f"/projects/{quote(ref, safe='')}")
    except NotFound as error:
        if link is None:
            raise NotFound(
                f"There is no project {ref} at {remote.url.text}",
                hint="sotabox projects lists yours; sotabox projects create makes one.",
            ) from error
        raise NotFound(
            f"This folder belongs to the project {link.project_slug or ref}, which is not at "
            f"{remote.url.text}",
            hint="On another box? Say --api-url. Is it gone? Remove .sota.json and deploy again.",
        ) from error
    return found


def _list(remote: "Remote", *, as_json: bool) -> int:
    found = list(remote.pages("/projects"))
    if as_json:
        for project in found:
            print_json(project)
        return DONE
    rows = [(p["slug"], p["status"] or "new", p["id"], p["name"]) for p in found]
    print(*columns([("SLUG", "STATUS", "ID", "NAME"), *rows]), sep="\n")
    return DONE


def _create(remote: "Remote", arguments: argparse.Namespace) -> int:
    body = {"name": arguments.name} | ({"slug": arguments.slug} if arguments.slug else {})
    project = remote.call("POST", "/projects", json=body)
    if arguments.json:
        print_json(project)
    else:
        print(f"Project {project['slug']} is made. Deploy to it: sotabox init --project "
              f"{project['slug']} && sotabox deploy")  # fmt: skip
    return DONE


def _rename(remote: "Remote", arguments: argparse.Namespace) -> int:
    path = f"/projects/{quote(arguments.project, safe='')}"
    project = remote.call("PATCH", path, json={"name": arguments.name})
    if arguments.json:
        print_json(project)
    else:
        print(f"{project['slug']} is called {project['name']}.")
    return DONE


def _delete(remote: "Remote", arguments: argparse.Namespace) -> int:
    project = _get(remote, arguments.project, None)
    slug = project["slug"]
    confirmed = arguments.confirmed
    if confirmed is None and may_ask():
        confirmed = ask(
            f"This removes {slug}: the app, its releases, variables, domains and logs; not your "
            "local files.\nType its slug to go on: "
        )
    if confirmed != slug:
        raise BadRequest(
            f"Nothing was deleted: {slug} was not confirmed",
            hint=f"sotabox projects delete {slug} --yes {slug}",
        )
    remote.call("DELETE", f"/projects/{project['id']}")
    if (link := read_link(Path())) and link.project_id == project["id"]:
        (Path() / FILE_NAME).unlink(missing_ok=True)
    if arguments.json:
        print_json({"deleted": project["id"]})
    else:
        print(f"Project {slug} is deleted.")
    return DONE


def _confirm(question: str) -> bool:
    return may_ask() and ask(f"{question} [y/N] ").lower() in {"y", "yes"}
