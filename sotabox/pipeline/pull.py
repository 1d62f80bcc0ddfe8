"""From an image of a registry to a release: pulled, pinned by its digest, named by us.

What was pulled carries no label of ours. Our name on it, `sotabox/{slug}:{short id}`, keeps it, and is
all that is ever taken from it again: others on this engine may use the same image by other names.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from sotabox.builds.plan import DEFAULT_PORT
from sotabox.engine.diagnosis import BuildFailed
from sotabox.engine.images import Image, Images
from sotabox.engine.registry import familiar_name, registry_of
from sotabox.model.deployment import Deployment
from sotabox.model.ids import short_id
from sotabox.model.origin import ImageOrigin
from sotabox.model.project import Project
from sotabox.pipeline.credentials import Keyring
from sotabox.pipeline.failure import DeploymentFailed
from sotabox.pipeline.fetch import Judge
from sotabox.pipeline.image_pulls import ImagePulls
from sotabox.pipeline.log import DeploymentLog
from sotabox.pipeline.release import Release
from sotabox.settings import Settings
from sotabox.store.store import Store

BUILD_METHOD: Final = "image"


class Puller:
    """Makes releases of images that somebody else has built."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        images: Images,
        keyring: Keyring,
        pulls: ImagePulls,
        judge: Judge,
    ) -> None:
        self._settings = settings
        self._store = store
        self._images = images
        self._keyring = keyring
        self._pulls = pulls
        self._judge = judge

    async def check(self, reference: str) -> None:
        """Says before a deployment is made whether the image's registry may be asked at all.

        A registry that the box's admin has named, with its credentials, may be anywhere.

        Raises:
            Invalid: its host has no address, or one that is not for us.
        """
        host = registry_of(reference)
        if host is None or host in await self._keyring.trusted():
            return
        name, _, port = host.partition(":")
        await self._judge(name, int(port) if port else 443)

    async def pull(self, project: Project, deployment: Deployment, log: DeploymentLog) -> Release:
        """The release of a deployment's image.

        Raises:
            DeploymentFailed: there is no such image, or it is not for us.
            EngineUnavailable, DiskFull: the box's trouble.
        """
        origin = _origin_of(deployment)
        tag = f"sotabox/{project.slug}:{short_id(deployment.id)}"
        image = await self._have(project, origin.reference, tag, log)
        digest = digest_of(image, origin.reference)
        log.build(f"Using {digest or image.id}")
        await self._store.deployments.record(
            deployment.id, origin=msgspec.structs.replace(origin, digest=digest)
        )
        return _release(image, tag, origin)

    async def pull_again(
        self, project: Project, deployment: Deployment, log: DeploymentLog
    ) -> Release:
        """The same release, of the very image that it had: the engine has lost it.

        Raises:
            DeploymentFailed: its registry has it no more, or it is not for us any more.
            EngineUnavailable, DiskFull: the box's trouble.
        """
        origin = _origin_of(deployment)
        if origin.digest is None or deployment.image_tag is None:
            raise DeploymentFailed(
                f"It is not known which image '{origin.reference}' was", hint="Deploy it again."
            )
        image = await self._have(project, origin.digest, deployment.image_tag, log)
        return _release(image, deployment.image_tag, origin)

    async def _have(self, project: Project, reference: str, tag: str, log: DeploymentLog) -> Image:
        await self.check(reference)
        known = await self._keyring.of(project)
        timeout_s = self._settings.build_timeout_s
        try:
            async with self._pulls.pulled(
                project, reference, known, log.build, timeout_s
            ) as pulled:
                await self._images.tag(pulled.image.id, tag)
                if pulled.is_new:
                    # The name came with this pull. Without it the image goes with its last release.
                    await self._images.untag(reference)
        except BuildFailed as failure:
            raise DeploymentFailed(failure.message, hint=failure.hint) from failure
        return pulled.image


def _origin_of(deployment: Deployment) -> ImageOrigin:
    if not isinstance(deployment.origin, ImageOrigin):
        raise TypeError("this deployment does not come from an image")
    return deployment.origin


def _release(image: Image, tag: str, origin: ImageOrigin) -> Release:
    return Release(
        image_id=image.id,
        image_tag=tag,
        build_method=BUILD_METHOD,
        framework=None,
        plan=None,
        port=origin.port or _port(image.exposed_ports),
    )


def digest_of(image: Image, reference: str) -> str | None:
    """By which digest the image's own registry knows it."""
    name = familiar_name(reference)
    return next((digest for digest in image.digests if familiar_name(digest) == name), None)


def _port(exposed: Sequence[int]) -> int:
    return exposed[0] if exposed else DEFAULT_PORT
