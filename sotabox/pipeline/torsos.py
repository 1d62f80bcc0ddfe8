"""Files that belong to nothing: what a kill left half done, or after its row was gone."""

import asyncio
import shutil

from sotabox.fault_points import FaultPoint, reach
from sotabox.store.store import Store


async def remove_torsos(store: Store) -> None:
    """Clears them away, before anything is served: nothing is under way yet."""
    folders = store.folders
    for upload in folders.uploads.iterdir():
        upload.unlink()
    known = await store.deployments.ids()
    for archive in folders.archives.iterdir():
        if archive.name.removesuffix(".tar.gz") not in known:
            archive.unlink()
    for log in folders.logs.iterdir():
        if log.name.removesuffix(".log") not in known:
            log.unlink()
    # A build unpacks its archive again; a tree may be half unpacked or half removed.
    for tree in folders.trees.iterdir():
        await asyncio.to_thread(shutil.rmtree, tree)
    reach(FaultPoint.TORSOS_REMOVED)
