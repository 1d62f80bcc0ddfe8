"""Labels: how this box finds what is its own on an engine that it may share.

Names are not unique on an engine and may be anybody's; only labels say whose a thing is. A container
inherits the labels of its image, so an image's role differs from a container's: one that somebody
starts by hand from an image of ours is not taken for an app.
"""

import hashlib
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

INSTANCE: Final = "sotabox.instance"
PROJECT: Final = "sotabox.project"
DEPLOYMENT: Final = "sotabox.deployment"
ROLE: Final = "sotabox.role"


class Role(StrEnum):
    """What a labelled thing is for."""

    APP = "app"  # a container that serves
    RELEASE = "release"  # a container that runs a release's one-time command
    COMMAND = "command"  # a container that runs what a person wants to run once
    IMAGE = "image"
    NETWORK = "network"


#: The roles that only containers have.
CONTAINER_ROLES: Final = frozenset({Role.APP.value, Role.RELEASE.value, Role.COMMAND.value})


def labels_of(
    instance_id: str,
    role: Role,
    *,
    project_id: str | None = None,
    deployment_id: str | None = None,
) -> dict[str, str]:
    """The labels for a thing of this box."""
    labels = {INSTANCE: instance_id, ROLE: role.value}
    if project_id is not None:
        labels[PROJECT] = project_id
    if deployment_id is not None:
        labels[DEPLOYMENT] = deployment_id
    return labels


def filter_of(
    instance_id: str, *, role: Role | None = None, project_id: str | None = None
) -> list[str]:
    """The value of the engine's `label` filter that selects this box's things."""
    wanted = {INSTANCE: instance_id}
    if role is not None:
        wanted[ROLE] = role.value
    if project_id is not None:
        wanted[PROJECT] = project_id
    return [f"{name}={value}" for name, value in wanted.items()]


def is_our_container(labels: Mapping[str, str], instance_id: str) -> bool:
    """Whether a container with these labels was made by this box."""
    return labels.get(INSTANCE) == instance_id and labels.get(ROLE) in CONTAINER_ROLES


def bridge_prefix(instance_id: str) -> str:
    """How the names of this box's bridges begin: the kernel's firewall knows no labels.

    Seven characters of the fifteen that a network interface's name may have.
    """
    return f"sb{hashlib.sha256(instance_id.encode()).hexdigest()[:5]}"
