"""`/v1/projects/{project}/settings`."""

from typing import Any

import msgspec
from litestar import Request, Response, get, patch
from litestar.di import NamedDependency
from litestar.params import FromPath

from sotabox.api.body import read_json
from sotabox.api.contract import contract, one_of
from sotabox.api.envelope import one
from sotabox.api.project_settings_schemas import SettingsIn, SettingsOut
from sotabox.operations import project_settings
from sotabox.operations.actor import Actor
from sotabox.web.box import Box


@get("/projects/{project:str}/settings", opt=contract(one_of(SettingsOut)))
async def get_settings(
    project: FromPath[str], box: NamedDependency[Box], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """What the project says about how it is built and run; null is what the box says."""
    return one(SettingsOut.of(await project_settings.of(box.store, actor, project)))


@patch("/projects/{project:str}/settings", opt=contract(one_of(SettingsOut), takes=SettingsIn))
async def change_settings(
    request: Request[Any, Any, Any],
    project: FromPath[str],
    box: NamedDependency[Box],
    actor: NamedDependency[Actor],
) -> Response[bytes]:
    """Sets what the body names, from the next deployment on; null gives it back to the box."""
    body = await read_json(request, SettingsIn)
    changes = {
        name: value
        for name, value in msgspec.structs.asdict(body).items()
        if value is not msgspec.UNSET
    }
    changed = await project_settings.change(box.store, box.pipeline, actor, project, changes)
    return one(SettingsOut.of(changed))


ROUTES = [get_settings, change_settings]
