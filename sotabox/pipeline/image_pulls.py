"""Pulls of images whose outcome is never left open, not even by a kill.

An image that came by somebody's credentials is noted as theirs before anybody else may build on it, and
a pull that was cut off leaves no name behind. So each is noted before it begins. Until it is at its end,
its image is nobody's; one that died, with its deployment or with the box, is undone: the name that it
brought goes, and with it the image, if it has no other.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final
from weakref import WeakValueDictionary

from sotabox.engine.client import EngineError
from sotabox.engine.diagnosis import PullFailed
from sotabox.engine.images import Image, Images
from sotabox.engine.registry import Credentials
from sotabox.errors import SotaboxError
from sotabox.fault_points import FaultPoint, reach
from sotabox.model.project import Project
from sotabox.pipeline.credentials import Keyring
from sotabox.store.private_images import PrivateImages
from sotabox.store.pulls import Pulls

_TIMEOUT_S: Final = 900


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull brought. `is_new`: the engine had nothing by its name before."""

    image: Image
    is_new: bool


class ImagePulls:
    """Pulls images from registries; one at a time by a name, or the end of one took it from another."""

    def __init__(
        self, images: Images, journal: Pulls, private: PrivateImages, keyring: Keyring
    ) -> None:
        self._images = images
        self._journal = journal
        self._private = private
        self._keyring = keyring
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def find(self, reference: str) -> Image | None:
        """The image of that name, if the engine has it and it is known whose it is."""
        image = await self._images.exists(reference)
        if image is None:
            return None
        for pulled, before in (await self._journal.all()).items():
            if before != image.id:
                brought = await self._images.exists(pulled)
                if brought is not None and brought.id == image.id:
                    return None
        return image

    @asynccontextmanager
    async def pulled(
        self,
        project: Project,
        reference: str,
        known: Mapping[str, Credentials],
        on_line: Callable[[str], None],
        timeout_s: float = _TIMEOUT_S,
    ) -> AsyncIterator[Pulled]:
        """Pulls the newest version for a project; the block gives it further names, or takes this one.

        Raises:
            PullFailed: its name, the password or the registry is wrong, in words.
            DiskFull, EngineUnavailable: this box's trouble.
        """
        auth = await self._images.credentials_of(reference, known)
        async with self._turn(reference):
            here = await self._images.exists(reference)
            await self._journal.begin(reference, here.id if here else None)
            before = (await self._journal.all())[reference]  # a pull that died has noted it, maybe
            try:
                await self._images.pull(reference, auth, on_line=on_line, timeout_s=timeout_s)
                reach(FaultPoint.IMAGE_PULLED)
                image = await self._note(project, reference, auth)
                yield Pulled(image, is_new=before is None)
            except BaseException:
                with suppress(SotaboxError, EngineError):  # then `settle` has to do it
                    await self._undo(reference)
                raise
            await self._journal.end(reference)

    async def settle(self) -> None:
        """Undoes what pulls have left that died with the box.

        Raises:
            EngineUnavailable: the engine is away; it is called again when that is back.
        """
        for reference in await self._journal.all():
            turn = self._turn(reference)
            if not turn.locked():  # else another pull by that name is about to do it
                async with turn:
                    await self._undo(reference)

    def _turn(self, reference: str) -> asyncio.Lock:
        return self._turns.setdefault(reference, asyncio.Lock())

    async def _note(self, project: Project, reference: str, auth: Credentials | None) -> Image:
        """The image that was pulled. A project's own credentials keep others out, the box's don't."""
        image = await self._images.exists(reference)
        if image is None:
            raise PullFailed(
                f"The image '{reference}' vanished while it was pulled", hint="Deploy again."
            )
        if auth is not None:
            everybodys = await self._images.credentials_of(reference, await self._keyring.of_box())
            if auth != everybodys:
                await self._private.add(image.id, project.user_id)
        return image

    async def _undo(self, reference: str) -> None:
        """The name is again that of the image which had it before the pull, or of none."""
        before = (await self._journal.all()).get(reference)
        image = await self._images.exists(reference)
        if image is not None and image.id != before:
            await self._images.untag(reference)
            if before is not None and await self._images.exists(before):
                await self._images.tag(before, reference)
        await self._journal.end(reference)
