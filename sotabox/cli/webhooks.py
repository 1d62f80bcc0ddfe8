"""`sotabox webhooks`: whom the box tells of a project's deployments."""

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from sotabox.cli.columns import columns
from sotabox.cli.connect import add_remote, connect, print_json, project_ref
from sotabox.cli.failures import DONE, FAILED
from sotabox.cli.found import find_row

if TYPE_CHECKING:
    from sotabox.cli.remote import Remote

NAME = "webhooks"
HELP = "Show, add and remove webhooks; see what they were sent."

EVENTS: Final = ("deploy.started", "deploy.succeeded", "deploy.failed")
_SHOWN: Final = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    listing = actions.add_parser("list", help="all of the project")
    add = actions.add_parser("add", help="add one; prints its secret, once")
    add.add_argument("url", metavar="URL")
    add.add_argument(
        "--event",
        action="append",
        choices=EVENTS,
        dest="events",
        help="what it is told of; may be said again (default: all)",
    )
    remove = actions.add_parser("remove", help="remove one")
    ping = actions.add_parser("ping", help="send it a ping, and say how that went")
    deliveries = actions.add_parser("deliveries", help="what it was sent")
    resend = actions.add_parser("resend", help="send something once more")
    for action in (remove, ping, deliveries, resend):
        action.add_argument("webhook", metavar="WEBHOOK", help="id, the beginning of it, or URL")
    resend.add_argument("delivery", metavar="DELIVERY", help="id, or the beginning of it")
    for action in (listing, add, remove, ping, deliveries, resend):
        add_remote(action, project=True, below=True)
    add_remote(parser, project=True)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    with connect(arguments, environ) as remote:
        path = f"/projects/{project_ref(arguments)}/webhooks"
        match arguments.action:
            case None | "list":
                return _list(remote, path, as_json=arguments.json)
            case "add":
                return _add(remote, path, arguments)
        return _about_one(remote, path, arguments)


def _about_one(remote: "Remote", path: str, arguments: argparse.Namespace) -> int:
    hint = "sotabox webhooks lists them."
    webhook = find_row(remote.call("GET", path), arguments.webhook, "webhook", hint, also="url")
    path = f"{path}/{webhook['id']}"
    match arguments.action:
        case "remove":
            remote.call("DELETE", path)
            if arguments.json:
                print_json({"deleted": webhook["id"]})
            else:
                print(f"{webhook['url']} is told nothing any longer.")
            return DONE
        case "ping":
            return _sent(remote.call("POST", f"{path}/ping"), as_json=arguments.json)
        case "resend":
            hint = f"sotabox webhooks deliveries {webhook['id'][:8]}"
            rows = remote.pages(f"{path}/deliveries")
            delivery = find_row(rows, arguments.delivery, "delivery", hint)
            again = remote.call("POST", f"{path}/deliveries/{delivery['id']}/resend")
            return _sent(again, as_json=arguments.json)
    return _deliveries(remote, path, as_json=arguments.json)


def _list(remote: "Remote", path: str, *, as_json: bool) -> int:
    rows = remote.call("GET", path)
    if as_json:
        for row in rows:
            print_json(row)
    elif rows:
        shown = [
            (
                short(row),
                "active" if row["active"] else "asleep",
                row["url"],
                ", ".join(row["events"]),
            )
            for row in rows
        ]
        print(*columns([("ID", "STATE", "URL", "EVENTS"), *shown]), sep="\n")
    else:
        print("No webhooks yet. Add one: sotabox webhooks add https://hooks.example.com/box")
    return DONE


def _add(remote: "Remote", path: str, arguments: argparse.Namespace) -> int:
    body = {"url": arguments.url, "events": arguments.events or list(EVENTS)}
    webhook = remote.call("POST", path, json=body)
    if arguments.json:
        print_json(webhook)
    else:
        print(f"{webhook['url']} is told of {', '.join(webhook['events'])}.")
        print(f"Its secret, shown this once: {webhook['secret']}")
        print(f"Try it: sotabox webhooks ping {short(webhook)}")
    return DONE


def _deliveries(remote: "Remote", path: str, *, as_json: bool) -> int:
    rows = remote.call("GET", f"{path}/deliveries", params={"limit": str(_SHOWN)})
    if as_json:
        for row in rows:
            print_json(row)
    elif rows:
        shown = [
            (short(row), row["status"], row["event"], row["created_at"], _answer(row))
            for row in rows
        ]
        print(*columns([("ID", "STATUS", "EVENT", "WHEN", ""), *shown]), sep="\n")
    else:
        print("It was sent nothing yet.")
    return DONE


def _sent(delivery: Mapping[str, Any], *, as_json: bool) -> int:
    if as_json:
        print_json(delivery)
    else:
        print(f"{delivery['event']}: {delivery['status']}. {_answer(delivery)}".rstrip())
    return FAILED if delivery["status"] == "failed" else DONE


def _answer(delivery: Mapping[str, Any]) -> str:
    if delivery["error"]:
        return str(delivery["error"])
    if delivery["response_status"] is None:
        return ""
    return f"answered {delivery['response_status']} in {delivery['duration_ms']} ms"


def short(row: Mapping[str, Any]) -> str:
    """An id as a person types it; ids made at one time begin alike."""
    return str(row["id"])[:13]
