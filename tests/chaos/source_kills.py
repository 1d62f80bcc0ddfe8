"""kill -9 of sotabox while it has an app from elsewhere: from Git, or as an image of a registry."""

from contextlib import ExitStack
from typing import Any, Final

from sotabox.fault_points import FaultPoint
from tests.chaos.promises import image_is, settles
from tests.chaos.strikes import killed
from tests.chaos.world import SPARE, Act, Promise, World, asked, files_of
from tests.integration.engine import registry as registries
from tests.machine import git_server

_REGISTRY_PORT: Final = 5999  # of the world's own loopback


def killed_after_fetch(world: World) -> list[Promise]:
    """The repository is gone with the box, and isn't needed again."""
    with git_server.running(world.folder("git"), world.engine.inside) as server:
        server.commit("public/app", files_of(SPARE))
        act = _deploy({"git": server.url("public/app")})
        return killed(FaultPoint.SOURCE_FETCHED, act)(world)


def killed_after_pull(world: World) -> list[Promise]:
    """Credentials have brought an image of which nobody has noted yet whose it is."""
    with ExitStack() as stack:
        folder = world.folder("registry")
        registry = stack.enter_context(
            registries.running(folder, _REGISTRY_PORT, world.engine.inside)
        )
        with world.engine.client() as engine:
            reference = registry.push(engine, "private/app", files_of(SPARE))
        credentials = {
            "host": registry.address,
            "username": registry.user,
            "password": registry.password,
        }
        answer = world.box.request("POST", "/v1/registries", credentials)
        assert answer.status == 201, answer.body
        path = f"/v1/registries/{answer.data['id']}"
        world.later.append(lambda: world.box.request("DELETE", path))
        promises = killed(FaultPoint.IMAGE_PULLED, _deploy({"image": reference}))(world)
        world.later.append(stack.pop_all().close)  # the pull begins anew in recovery
    return promises


def _deploy(origin: dict[str, Any]) -> Act:
    def act(world: World) -> list[Promise]:
        answer = asked(world, "POST", f"/projects/{SPARE}/deploy", origin)
        assert answer is not None, "no answer"
        assert answer.status == 202, answer.body
        id_ = answer.data["id"]
        promises = [settles(SPARE, id_, "running")]
        return [*promises, image_is(SPARE, id_)] if "image" in origin else promises

    return act
