"""A release: an image and how it is run, whoever made it."""

from dataclasses import asdict, dataclass
from typing import Any

from sotabox.builds.commands import exec_form
from sotabox.builds.plan import BuildMethod, BuildPlan
from sotabox.model.deployment import Deployment


@dataclass(frozen=True, slots=True)
class Release:
    """What a build or a pull leaves: an image and how it is run; columns of the deployment's row."""

    image_id: str
    image_tag: str
    build_method: str
    framework: str | None
    plan: str | None
    port: int

    def columns(self) -> dict[str, Any]:
        """By column."""
        return asdict(self)


def read_plan(deployment: Deployment) -> BuildPlan | None:
    """The plan by which a deployment's image was built."""
    return BuildPlan.from_json(deployment.plan) if deployment.plan else None


def command_of(deployment: Deployment) -> tuple[str, ...] | None:
    """What replaces an image's own command: images that we render hold their start command."""
    plan = read_plan(deployment)
    if plan is None or plan.build_method is not BuildMethod.DOCKERFILE or plan.start is None:
        return None
    return tuple(exec_form(plan.start))
