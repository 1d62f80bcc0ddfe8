"""Which releases a project keeps, to run and to roll back to."""

from collections.abc import Sequence

from sotabox.model.deployment import Deployment, Status


def superfluous_images(deployments: Sequence[Deployment], keep: int) -> list[str]:
    """The images of a project that no rollback may need any more.

    Args:
        deployments: those that have an image, newest first.
        keep: how many images to keep beside the one that runs.
    """
    running = {d.image_id for d in deployments if d.status is Status.RUNNING}
    unfinished = {
        d.image_id for d in deployments if d.status not in {Status.STOPPED, Status.FAILED}
    }
    served = dict.fromkeys(d.image_id for d in deployments if d.url is not None)
    kept = running | unfinished | set([i for i in served if i not in running][:keep])
    every = dict.fromkeys(d.image_id for d in deployments)
    return [image for image in every if image is not None and image not in kept]
