"""`sotabox purge`: removes a box with all its apps, and nothing that is another's.

The engine's things are found by this box's label. Each step may be repeated, and the data directory
goes last: as long as it is there, its `instance-id` says what is left to remove.
"""

import argparse
import errno
import fcntl
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sotabox.cli import caddy
from sotabox.cli.failures import DONE
from sotabox.cli.options import add_settings, settings_from
from sotabox.errors import BadRequest, Conflict, EngineUnavailable, Unavailable
from sotabox.router.files import RouterFiles
from sotabox.settings import Settings

if TYPE_CHECKING:
    from sotabox.engine.client import Engine

NAME = "purge"
HELP = "Remove this box's apps, images and data; can't be undone."

_INSTANCE_FILE: Final = "instance-id"
_STOP_GRACE_S: Final = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help="needed, as nothing can be undone")
    add_settings(parser, ["data_dir", "docker_host", "network_pool"])


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    settings = settings_from(arguments, environ)
    if not arguments.yes and (settings.data_dir / _INSTANCE_FILE).is_file():
        raise BadRequest(
            f"this removes every app of the box in {settings.data_dir}, and all its data",
            hint="Say --yes if that is what you want.",
        )
    remove_box(settings)
    return DONE


def remove_box(settings: Settings) -> None:
    """Removes a box's apps and data, and says so.

    Raises:
        Conflict: it still serves.
        Unavailable: the engine is away.
    """
    import asyncio

    from sotabox.store.folders import Folders

    data_dir = settings.data_dir
    instance_file = data_dir / _INSTANCE_FILE
    if not instance_file.is_file():
        with suppress(OSError):  # an empty folder is one that setting up was cut off after
            data_dir.rmdir()
        print(f"  ok   {data_dir} holds no box: nothing to remove")
        return
    with _claimed(Folders(data_dir).lock):
        asyncio.run(_purge(settings, instance_file.read_text(encoding="ascii").strip()))
        remove_folder(data_dir, last=instance_file)
    print(f"  ok   {data_dir} is removed")


def remove_folder(folder: Path, last: Path) -> None:
    """Deletes `folder` so that `last` is the last to go: until then the work can be resumed."""
    for path in folder.iterdir():
        if path == last:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    last.unlink()
    try:
        folder.rmdir()
    except OSError as error:
        if error.errno != errno.EBUSY:  # a mount point: empty is all that it can be
            raise


@contextmanager
def _claimed(lock: Path) -> Iterator[None]:
    with lock.open("a") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Conflict(
                "this box still serves", hint="Stop it first: sudo sotabox uninstall --purge"
            ) from error
        yield


async def _purge(settings: Settings, instance_id: str) -> None:
    from sotabox.engine.client import Engine

    await caddy.stop(RouterFiles(settings.data_dir))
    engine = Engine(settings.docker_host, instance_id)
    try:
        await _empty_engine(engine, settings)
    except EngineUnavailable as error:
        raise Unavailable(
            f"the apps can't be removed while the engine is away: {error.message}",
            hint="Start Docker, then run this again: it goes on where it stopped.",
        ) from error
    finally:
        await engine.close()


async def _empty_engine(engine: "Engine", settings: Settings) -> None:
    from sotabox.engine.containers import Containers
    from sotabox.engine.firewall import Firewall
    from sotabox.engine.images import Images
    from sotabox.engine.networks import Networks

    containers, images = Containers(engine), Images(engine)
    networks = Networks(engine, settings.network_pool)
    apps = await containers.list_ours()
    for app in apps:
        await containers.condemn(app.id)
        await containers.stop(app.id, _STOP_GRACE_S)
        await containers.remove(app.id)
    projects = await networks.list_ours()
    for project_id in projects:
        await networks.remove(project_id)
    built = [image.id for image in await images.list_ours()]
    for image_id in [*built, *await _helper_images(engine)]:
        await images.remove(image_id)
    print(f"  ok   {len(apps)} containers, {len(projects)} networks, {len(built)} images removed")
    if problem := await Firewall(engine.instance_id).remove():
        print(f"  ✕    {problem}")


async def _helper_images(engine: "Engine") -> list[str]:
    """Images that all boxes of an engine share: they go with the last box."""
    from sotabox.builds.static_server import REPOSITORY
    from sotabox.engine.labels import INSTANCE

    of_boxes = await engine.call("images", filters={"label": INSTANCE})
    of_boxes += await engine.call("containers", all=True, filters={"label": INSTANCE})
    others = [
        thing for thing in of_boxes if (thing["Labels"] or {}).get(INSTANCE) != engine.instance_id
    ]
    if others:
        return []
    return [image["Id"] for image in await engine.call("images", name=REPOSITORY)]
