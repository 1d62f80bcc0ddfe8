"""`sotabox plan`: how an app would be built and started, and why; nothing is built."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from sotabox.cli.connect import add_folder
from sotabox.cli.failures import DONE
from sotabox.errors import NotFound

if TYPE_CHECKING:
    from sotabox.builds.plan import BuildPlan

NAME = "plan"
HELP = "Show how the app in a folder would be built, and why."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_folder(parser)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print the plan as JSON, nothing else")
    form.add_argument(
        "--dockerfile", action="store_true", help="print the Dockerfile that we would write alone"
    )


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:  # noqa: ARG001  a command's shape
    from sotabox.builds.detect import detect
    from sotabox.builds.explain import explain_plan
    from sotabox.builds.source import DirectoryTree

    folder: Path = arguments.folder
    if not folder.is_dir():
        raise NotFound(f"{folder} is not a folder", hint="Give the folder that holds the app.")
    plan = detect(DirectoryTree(folder.resolve()))
    if arguments.json:
        print(plan.to_json())
        return DONE
    if not arguments.dockerfile:
        print(*explain_plan(plan), sep="\n")
    dockerfile = _dockerfile(plan)
    if dockerfile is None and arguments.dockerfile:
        raise NotFound(f"{plan.build_method} writes no Dockerfile of ours")
    if dockerfile is not None:
        print(dockerfile if arguments.dockerfile else f"\n{dockerfile}", end="")
    return DONE


def _dockerfile(plan: "BuildPlan") -> str | None:
    """What a person could build by themselves; None where the app brings its own."""
    from sotabox.builds.dockerfile import RenderOptions, render_dockerfile
    from sotabox.builds.plan import BuildMethod

    if plan.build_method is not BuildMethod.AUTO:
        return None
    return render_dockerfile(plan, RenderOptions(project="app", source=""))
