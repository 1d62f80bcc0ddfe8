"""A box's engine, images, containers and networks on the real Docker, gone again after each test."""

from collections.abc import AsyncIterator, Mapping

import pytest

from sotabox.engine.client import Engine
from sotabox.engine.containers import Containers
from sotabox.engine.images import Images
from sotabox.engine.labels import Role
from sotabox.engine.networks import Network, Networks
from sotabox.engine.spec import ContainerRequest
from sotabox.model.ids import new_deployment_id
from sotabox.model.project import Limits
from tests.integration.engine.box import POOL, Box, Run


@pytest.fixture
async def box(docker_host: str, instance_id: str, busybox: str) -> AsyncIterator[Box]:
    """A box on the shared engine; whatever carries its label goes at the end."""
    engine = Engine(docker_host, instance_id)
    box = Box(
        engine, Images(engine), Containers(engine), Networks(engine, POOL), instance_id, busybox
    )
    yield box
    for container in await box.containers.list_ours():
        await box.containers.remove(container.id)
    for project_id in await box.networks.list_ours():
        await box.networks.remove(project_id)
    for image in await box.images.list_ours():
        await box.images.remove(image.id)
    await engine.close()


@pytest.fixture
async def network(box: Box) -> Network:
    """The network of project `p1`."""
    return await box.networks.ensure("p1", "blog")


@pytest.fixture
def run(box: Box, network: Network) -> Run:
    """Starts `sh -c SCRIPT` as an app of project `p1`; gives the container's id."""

    async def start(
        script: str,
        *,
        address: str | None = None,
        env: Mapping[str, str] | None = None,
        limits: Limits = Limits(64, 0.5, 32),  # noqa: B008 - frozen
        network_id: str | None = None,
        project_id: str = "p1",
        role: Role = Role.APP,
        image: str | None = None,
    ) -> str:
        id_ = await box.containers.create(
            ContainerRequest(
                instance_id=box.instance_id,
                project_id=project_id,
                deployment_id=new_deployment_id(),
                slug="blog",
                image_id=image or box.busybox,
                network_id=network_id or network.id,
                address=address,
                env=env or {},
                command=("sh", "-c", script),
                port=8000,
                limits=limits,
                stop_grace_s=5,
                role=role,
            )
        )
        await box.containers.start(id_)
        return id_

    return start
