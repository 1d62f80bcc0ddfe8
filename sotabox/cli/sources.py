"""What `sotabox deploy` takes in place of a folder: an image, or a Git repository."""

import argparse
from collections.abc import Mapping
from typing import Any, Final

from sotabox.errors import BadRequest

TOKEN_VARIABLE: Final = "SOTA_GIT_TOKEN"  # noqa: S105  its name
_HELP: Final = "sotabox deploy --help"


def add_sources(parser: argparse.ArgumentParser) -> None:
    """The flags of a deployment without an upload."""
    group = parser.add_argument_group("in place of a folder")
    group.add_argument("--image", metavar="REF", help="an image, as docker pull takes it")
    group.add_argument(
        "--port", type=int, help="where the image's app listens (default: what it exposes, or 8080)"
    )
    group.add_argument(
        "--git",
        metavar="URL",
        help=f"a repository by https; {TOKEN_VARIABLE} lets the box into a private one",
    )
    group.add_argument(
        "--ref", help="branch, tag or commit of the repository (default: its default branch)"
    )
    group.add_argument("--directory", help="the folder of the repository that holds the app")


def source_of(arguments: argparse.Namespace, environ: Mapping[str, str]) -> dict[str, Any] | None:
    """What the box is asked to fetch by itself; None where a folder is meant.

    Raises:
        BadRequest: the flags do not go together.
    """
    image = _given(arguments, "image", "port")
    git = _given(arguments, "git", "ref", "directory")
    for given, needed in ((image, "image"), (git, "git")):
        if given and needed not in given:
            raise BadRequest(f"--{next(iter(given))} goes with --{needed}", hint=_HELP)
    if image and git:
        raise BadRequest("--image and --git do not go together", hint=_HELP)
    token = environ.get(TOKEN_VARIABLE)
    if git and token:
        git["token"] = token
    return image or git or None


def _given(arguments: argparse.Namespace, *names: str) -> dict[str, Any]:
    return {name: value for name in names if (value := getattr(arguments, name)) is not None}
