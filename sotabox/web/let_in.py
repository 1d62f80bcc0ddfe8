"""Streams that end when their reader may not read on."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final

from litestar import Request

from sotabox.errors import NotFound
from sotabox.operations.actor import Actor, visible_project
from sotabox.web.actor import identify
from sotabox.web.box import Box

#: No longer than until a stream's next sign of life.
_AGAIN_S: Final = 15.0


async def while_let_in(
    request: Request[Any, Any, Any],
    box: Box,
    pieces: AsyncGenerator[bytes, None],
    project: str | None = None,
) -> AsyncGenerator[bytes, None]:
    """The pieces of a stream as long as its sender's key is one, and `project` theirs to see.

    Asked anew each while: keys are revoked, sessions end and members are let out while streams go on.
    """
    loop = asyncio.get_running_loop()
    asked_at = loop.time()
    async with aclosing(pieces):
        async for piece in pieces:
            if loop.time() - asked_at >= _AGAIN_S:
                asked_at = loop.time()
                if not await _is_let_in(request, box, project):
                    return
            yield piece
            del piece  # nobody holds it while waiting for the next one


async def _is_let_in(request: Request[Any, Any, Any], box: Box, project: str | None) -> bool:
    found = await identify(box.store, request.scope["headers"])
    if not isinstance(found, Actor):
        return False
    if project is None:
        return True
    try:
        await visible_project(box.store, found, project)
    except NotFound:
        return False
    return True
