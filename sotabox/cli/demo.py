"""`sotabox demo`: deploys the bundled example, and looks whether it answers.

It goes the way that everybody's app goes (API, build, health check, swap, Caddy), so a demo that
answers says that the box works.
"""

import argparse
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from sotabox.builds import example
from sotabox.cli.failures import DONE, FAILED
from sotabox.cli.options import add_settings, settings_from
from sotabox.errors import NotFound, Unauthorized, Unavailable

if TYPE_CHECKING:
    from sotabox.cli.local_box import LocalBox

NAME = "demo"
HELP = "Deploy the bundled example app."

SLUG: Final = example.SLUG
KEY_VARIABLE: Final = "SOTA_API_KEY"
_ANSWERS_WITHIN_S: Final = 60  # a public certificate may take its time
_ASK_EVERY_S: Final = 0.2
_LAST_LINES: Final = 15


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--check", action="store_true", help="deploy nothing; exit code 0 if the example answers"
    )
    add_settings(parser, ["data_dir", "domain", "http_port", "https_port", "tls"])


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    settings = settings_from(arguments, environ)
    from sotabox.cli.local_box import LocalBox

    with LocalBox(settings, environ.get(KEY_VARIABLE, "")) as box:
        if arguments.check:
            return FAILED if _problem(box) else DONE
        if not environ.get(KEY_VARIABLE):
            raise Unauthorized(
                "the demo needs an API key",
                hint=f"{KEY_VARIABLE}=$(sotabox apikey create --name demo) sotabox demo",
            )
        return _deploy(box)


def _deploy(box: "LocalBox") -> int:
    started = time.monotonic()
    project = _project(box)
    archive = ("archive.tar.gz", example.pack(example.source()), "application/gzip")
    path = f"/v1/projects/{project['id']}/deploy"
    deployment = box.call("POST", path, files={"archive": archive})
    log = list(
        box.events(f"/v1/projects/{project['id']}/deployments/{deployment['id']}/logs/stream")
    )
    deployment = box.call("GET", f"/v1/projects/{project['id']}/deployments/{deployment['id']}")
    if deployment["status"] != "running":
        print(*log[-_LAST_LINES:], sep="\n")
        print(f"  ✕    the example is {deployment['status']}: {deployment['error']}")
        return FAILED
    if problem := _wait_for_answer(box):
        print(f"  ✕    the example runs, but {problem}")
        return FAILED
    print(f"  →    {'example app deployed and answering':<62} {time.monotonic() - started:3.1f} s")
    return DONE


def _project(box: "LocalBox") -> Any:
    try:
        return box.call("GET", f"/v1/projects/{SLUG}")
    except NotFound:
        return box.call("POST", "/v1/projects", json={"name": example.NAME, "slug": SLUG})


def _wait_for_answer(box: "LocalBox") -> str | None:
    deadline = time.monotonic() + _ANSWERS_WITHIN_S
    while (problem := _problem(box)) and time.monotonic() < deadline:
        time.sleep(_ASK_EVERY_S)
    return problem


def _problem(box: "LocalBox") -> str | None:
    """Why the example does not answer as this version's example should; None if it does."""
    try:
        status, body = box.page(SLUG, "/")
    except Unavailable as error:
        return error.message
    if status != 200:
        return f"GET / answers {status}"
    wanted = (example.source() / "index.html").read_text(encoding="utf-8")
    return None if body == wanted else "GET / answers with another page"
