"""Settings of a project. They count from its next deployment; more memory and CPU count at once."""

import logging
from collections.abc import Mapping
from typing import Any

from sotabox.engine.client import EngineError
from sotabox.errors import Detail, EngineUnavailable, Invalid
from sotabox.model.project_settings import ProjectSettings, check_setting
from sotabox.operations.actor import Actor, changeable_project, visible_project
from sotabox.pipeline.pipeline import Pipeline
from sotabox.store.store import Store

_LIVE = frozenset({"memory_mb", "cpus", "pids"})

_logger = logging.getLogger(__name__)


async def of(store: Store, actor: Actor, ref: str) -> ProjectSettings:
    """What a project says about how it is built and run."""
    project = await visible_project(store, actor, ref)
    return await store.project_settings.of(project.id)


async def change(
    store: Store, pipeline: Pipeline, actor: Actor, ref: str, changes: Mapping[str, Any]
) -> ProjectSettings:
    """Sets what `changes` names, all or nothing; None gives a setting back to the box.

    Raises:
        Invalid: a value can't be this setting's.
    """
    project = await changeable_project(store, actor, ref)
    details = [
        Detail(name, problem)
        for name, value in changes.items()
        if (problem := check_setting(name, value))
    ]
    if details:
        text = "; ".join(f"{detail.field}: {detail.message}" for detail in details)
        raise Invalid(f"These can't be settings: {text}", details=details)
    settings = await store.project_settings.change(project.id, changes)
    if not _LIVE.isdisjoint(changes):
        try:
            await pipeline.serving.grant(project)
        except (EngineUnavailable, EngineError) as error:
            _logger.warning("%s gets its limits at its next start: %s", project.slug, error)
    return settings
