"""Images of releases, let go of."""

from collections.abc import Sequence

from sotabox.engine.images import Images
from sotabox.model.deployment import Deployment
from sotabox.model.origin import ImageOrigin


async def let_go(images: Images, deployments: Sequence[Deployment]) -> bool:
    """Lets go of the one image of `deployments`; False while a container uses it.

    One that was built here is ours. Of one that was pulled only our names are: others on this engine
    may use it by other names.
    """
    if any(not isinstance(deployment.origin, ImageOrigin) for deployment in deployments):
        return await images.remove(str(deployments[0].image_id))
    names = {deployment.image_tag for deployment in deployments if deployment.image_tag}
    return all([await images.untag(name) for name in sorted(names)])
