"""The images that a Dockerfile builds on: on the engine when the build begins, and its project's to use.

The engine keeps what anybody's credentials have pulled, and would build on it for everybody. So it is
noted whose have (`private_images`); whoever else wants such an image has to get it from its registry
first. Images that came here in another way, without credentials, or with the box's, are everybody's.
"""

from collections.abc import Mapping
from typing import Final

from sotabox.builds.references import images_named, unreadable_images
from sotabox.builds.static_server import REPOSITORY as STATIC_SERVER
from sotabox.engine.diagnosis import BuildFailed
from sotabox.engine.images import Image, Images
from sotabox.engine.labels import PROJECT
from sotabox.engine.registry import familiar_name
from sotabox.model.project import Project
from sotabox.pipeline.failure import DeploymentFailed
from sotabox.pipeline.image_pulls import ImagePulls
from sotabox.pipeline.log import DeploymentLog
from sotabox.store.private_images import PrivateImages

_OURS: Final = "sotabox/"

Credentials = Mapping[str, tuple[str, str]]


class BaseImages:
    """Has the images that builds name, and stops builds on those of others."""

    def __init__(self, images: Images, pulls: ImagePulls, private: PrivateImages) -> None:
        self._images = images
        self._pulls = pulls
        self._private = private

    async def have(
        self,
        project: Project,
        dockerfile: str,
        build_args: Mapping[str, str],
        credentials: Credentials,
        log: DeploymentLog,
    ) -> None:
        """Pulls what is absent: BuildKit alone would fail there.

        Raises:
            DeploymentFailed: an image is another project's, or somebody else's.
            BuildFailed: one can't be pulled.
        """
        await self._require_readable(project, dockerfile, build_args)
        for reference in images_named(dockerfile, build_args):
            image = await self._judge(project, reference, credentials, log)
            if image is None:
                image = await self._pull(project, reference, credentials, log)
            # What an image tells those that build on it to do may name further images.
            told = "\n".join(["FROM scratch", *image.on_build])
            await self._require_readable(project, told, build_args)
            for further in images_named(told, build_args):
                await self._judge(project, further, credentials, log)

    async def have_chosen(
        self, project: Project, dockerfile: str, credentials: Credentials, log: DeploymentLog
    ) -> None:
        """The same for a Dockerfile of ours: its images are the box's choice, and everybody's.

        Raises:
            BuildFailed: one can't be pulled.
        """
        for reference in images_named(dockerfile):
            if await self._images.exists(reference) is None:
                auth = await self._images.credentials_of(reference, credentials)
                await self._images.pull(reference, auth, on_line=log.build)

    async def _judge(
        self, project: Project, reference: str, credentials: Credentials, log: DeploymentLog
    ) -> Image | None:
        """The image of a name, if it is here; raises as `have` where it is not the project's to use."""
        if (slug := _slug_of(reference)) is not None and slug != project.slug:
            raise _of_another_project(reference)
        found = await self._pulls.find(reference)
        if found is None:
            return None
        if found.labels.get(PROJECT, project.id) != project.id:
            raise _of_another_project(reference)
        users = await self._private.users_of(found.id)
        if users and project.user_id not in users:
            await self._show(project, reference, credentials, log)
        return found

    async def _pull(
        self, project: Project, reference: str, credentials: Credentials, log: DeploymentLog
    ) -> Image:
        async with self._pulls.pulled(project, reference, credentials, log.build) as pulled:
            return pulled.image

    async def _show(
        self, project: Project, reference: str, credentials: Credentials, log: DeploymentLog
    ) -> None:
        """Has the registry say that the project's owner may have an image that is here already."""
        try:
            image = await self._pull(project, reference, credentials, log)
        except BuildFailed as failure:
            raise DeploymentFailed(
                f"The Dockerfile names the image '{reference}', which somebody else's credentials "
                "have brought to this box",
                hint="Add credentials of your own for its registry, then deploy again.",
            ) from failure
        await self._private.add(image.id, project.user_id)

    async def _require_readable(
        self, project: Project, dockerfile: str, build_args: Mapping[str, str]
    ) -> None:
        """Stops a name that can't be judged, where there is an image that it might be."""
        unreadable = unreadable_images(dockerfile, build_args)
        if unreadable and await self._private.others_have_some(project.user_id):
            raise DeploymentFailed(
                f"The Dockerfile names an image as '{unreadable[0]}', which can't be read before "
                "the build",
                hint="Write the image's name out, or give the variable a default with ARG.",
            )


def _slug_of(reference: str) -> str | None:
    """The project whose image has this name, by the names that we give.

    >>> _slug_of("docker.io/sotabox/shop:0a1b2c3d"), _slug_of("python:3.13")
    ('shop', None)
    """
    name = familiar_name(reference)
    ours = name.startswith(_OURS) and name != STATIC_SERVER and name.count("/") == 1
    return name.removeprefix(_OURS) if ours else None


def _of_another_project(reference: str) -> DeploymentFailed:
    return DeploymentFailed(
        f"The Dockerfile names the image '{reference}' of another project",
        hint="Build on a public image, or on one of this project.",
    )
