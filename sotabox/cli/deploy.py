"""`sotabox deploy`: a folder becomes a live app, and its progress a few lines."""

import argparse
import io
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sotabox.cli.connect import add_folder, add_remote, connect, print_json, project_ref, screen_for
from sotabox.cli.failures import DONE, FAILED
from sotabox.cli.secret_files import render_warnings
from sotabox.cli.sources import add_sources, source_of
from sotabox.cli.terminal import Screen

if TYPE_CHECKING:
    from sotabox.cli.packing import Packed
    from sotabox.cli.remote import Remote

NAME = "deploy"
HELP = "Deploy a folder, an image or a Git repository, and follow it."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_folder(parser)
    parser.add_argument("-v", "--verbose", action="store_true", help="print the whole build log")
    parser.add_argument(
        "-d", "--detach", action="store_true", help="end when the box has it, follow nothing"
    )
    add_sources(parser)
    add_remote(parser, project=True)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    started = time.monotonic()
    screen = _quiet() if arguments.json else screen_for(arguments, environ)
    source = source_of(arguments, environ)
    with connect(arguments, environ) as remote:
        try:
            if source:
                deployment = _fetch(remote, source, arguments, screen)
            else:
                deployment = _send(remote, arguments, screen)
        finally:
            screen.close()  # an error begins at the margin
        if arguments.detach:
            return _leave(deployment, screen, as_json=arguments.json)
        return follow(
            remote, deployment, screen, started, as_json=arguments.json, verbose=arguments.verbose
        )


def _send(remote: "Remote", arguments: argparse.Namespace, screen: Screen) -> Any:
    """Packs the folder and uploads it; the accepted deployment."""
    import tempfile

    from sotabox.cli.packing import pack
    from sotabox.cli.projects import find_or_make
    from sotabox.cli.told import Told, render_title, render_told
    from sotabox.dashboard.words import size

    began = time.monotonic()
    folder: Path = arguments.folder
    with tempfile.TemporaryDirectory() as scratch:
        archive = Path(scratch) / "archive.tar.gz"
        with archive.open("wb") as out:
            packed = pack(
                folder, out, lambda count: screen.progress(f"  packing   {_files(count)}")
            )
        packed_ms = (time.monotonic() - began) * 1000
        project = find_or_make(remote, arguments.project, folder, screen)
        screen.line(render_title(project["slug"], remote.url.text))
        said = f"{_files(packed.files)}, {size(packed.size_bytes)}"
        screen.line(render_told(Told("packed", said, packed_ms)))
        for line in render_warnings(packed.secrets):
            print(line, file=sys.stderr)
        return _upload(remote, project, folder, archive, packed, screen)


def _files(count: int) -> str:
    return f"{count:,} file{'' if count == 1 else 's'}"


def _fetch(
    remote: "Remote", source: Mapping[str, Any], arguments: argparse.Namespace, screen: Screen
) -> Any:
    """Lets the box fetch an image or a repository by itself; the accepted deployment."""
    from sotabox.cli.told import Told, render_title, render_told

    project = remote.call("GET", f"/projects/{project_ref(arguments, arguments.folder)}")
    screen.line(render_title(project["slug"], remote.url.text))
    path = f"/projects/{project['id']}/deploy"
    deployment = remote.call("POST", path, json=source)
    what = source.get("image") or " ".join(filter(None, (source["git"], source.get("ref"))))
    screen.line(render_told(Told("accepted", what)))
    return deployment


def follow(
    remote: "Remote",
    deployment: Mapping[str, Any],
    screen: Screen,
    started: float,
    *,
    as_json: bool,
    verbose: bool = False,
) -> int:
    """Follows a deployment that the box has accepted, to its end; the exit code."""
    from sotabox.cli.watch import Watch, conclude

    watch = Watch(remote, deployment["project_id"], deployment["id"], verbose=verbose)
    if as_json:
        for _ in watch.lines():
            pass
        settled = watch.read()
        print_json(settled)
        return DONE if settled["status"] == "running" else FAILED
    return conclude(remote, watch.run(screen), screen, started)


def _upload(
    remote: "Remote",
    project: Mapping[str, Any],
    folder: Path,
    archive: Path,
    packed: "Packed",
    screen: Screen,
) -> Any:
    from sotabox.cli.told import Told, render_told

    began = time.monotonic()
    path = f"/projects/{project['id']}/deploy"
    progress = _progress(packed.size_bytes, screen)
    deployment = remote.upload(path, archive, progress, folder=folder)
    screen.line(render_told(Told("uploaded", "", (time.monotonic() - began) * 1000)))
    return deployment


def _progress(total: int, screen: Screen) -> Callable[[int], None]:
    from sotabox.dashboard.words import size

    return lambda sent: screen.progress(
        f"  uploading {size(sent)} of {size(total)}, {100 * sent // total} %"
    )


def _leave(deployment: Mapping[str, Any], screen: Screen, *, as_json: bool) -> int:
    if as_json:
        print_json(deployment)
    else:
        screen.line(f"Accepted. Follow it: sotabox logs -f {deployment['id'][:8]}")
    return DONE


def _quiet() -> Screen:
    return Screen(io.StringIO(), live=False, colour=False)
