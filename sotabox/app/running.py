"""A box's life: starts its parts in order, watches over them, stops them in reverse.

    lock · store · Caddy (adopted or started) · API · engine (may be away, and come later)

Apps and Caddy are not ours to stop: they go on without this process.
"""

import asyncio
import gc
import logging
import os
import signal
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Final

from granian.constants import Interfaces
from granian.server.embed import Server
from litestar import Router
from litestar.types import ASGIApp

from sotabox.api.routes import api_routes, openapi
from sotabox.app.parts import Parts
from sotabox.dashboard.routes import dashboard_routes
from sotabox.engine.events import watch
from sotabox.events import Bus
from sotabox.operations import users
from sotabox.operations.caretaking import Caretaking
from sotabox.operations.host import Host
from sotabox.operations.room import Room
from sotabox.pipeline.torsos import remove_torsos
from sotabox.router.kept_certificates import KeptCertificates
from sotabox.settings import Settings, TlsMode
from sotabox.store.hold import held
from sotabox.store.store import Store
from sotabox.upkeep.journal import configure_log
from sotabox.upkeep.scratch import clear_scratch
from sotabox.web.box import Box
from sotabox.web.site import build_site

#: More than 128, or as many open log streams keep everybody else out.
_BACKLOG: Final = 2048
_BACKPRESSURE: Final = 4096
_STOP_S: Final = 10.0

_logger = logging.getLogger("sotabox")


def serve(settings: Settings) -> int:
    """Runs a box until it is told to stop; the process's exit code."""
    configure_log(settings.log_level, settings.log_format)
    asyncio.run(_serve(settings, os.environ))
    return 0


async def _serve(settings: Settings, environ: Mapping[str, str]) -> None:
    async with AsyncExitStack() as stack:
        stack.enter_context(held(settings.data_dir))
        bus = Bus()
        store = await Store.open(settings.data_dir, bus)
        stack.push_async_callback(store.close)
        parts = Parts(settings, store, bus, environ)
        stack.push_async_callback(parts.close)
        await users.ensure_admin(store)
        base, pipeline = parts.base, parts.pipeline
        await remove_torsos(store)
        await asyncio.to_thread(clear_scratch, store.folders)
        await asyncio.to_thread(base.upstreams.prepare)
        started = await base.caddy.start(await pipeline.routes.read())
        _logger.info("Caddy %s, process %d", started.version, started.pid)
        await pipeline.repairs.resume_waiting()
        await pipeline.guards.resume()
        await _run(parts)


async def _run(parts: Parts) -> None:
    """Serves the API and watches Caddy and the engine, until a signal comes or one of them dies."""
    base, pipeline, settings = parts.base, parts.pipeline, parts.base.settings
    box = Box(
        settings,
        base.store,
        pipeline.front,
        base.bus,
        parts.domains,
        parts.courier,
        base.router_settings.url,
        vitals=parts.vitals,
        latest=parts.latest,
    )
    host, port = settings.listen_address
    server = server_for(build_site(box, [*api_routes(), *_dashboard(parts, box)]), host, port)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, box.closing.set)
    tasks = [
        loop.create_task(server.serve(), name="API"),
        loop.create_task(base.caddy.watch(), name="watch Caddy"),
        loop.create_task(base.upstreams.watch(), name="watch upstream files"),
        loop.create_task(
            watch(base.engine, pipeline.on_event, pipeline.on_engine), name="watch the engine"
        ),
        loop.create_task(parts.domains.watch.run(), name="watch domains"),
        loop.create_task(parts.courier.run(), name="deliver webhooks"),
        loop.create_task(pipeline.crashes.run(), name="look for the end of crash loops"),
        loop.create_task(pipeline.repairs.run(), name="look again"),
        loop.create_task(parts.backups.run(), name="make backups"),
        loop.create_task(parts.tidy.run(), name="tidy up"),
        loop.create_task(parts.sampler.run(), name="look at what apps use"),
        loop.create_task(parts.vitals.run(), name="measure the event loop"),
    ]
    closing = loop.create_task(box.closing.wait(), name="wait for a signal")
    _logger.info("serving %s on %s", settings.domain, settings.listen)
    gc.collect()
    gc.freeze()  # what lives from here on as long as the process is never looked at again
    ended, _ = await asyncio.wait({closing, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    await _stop(box, server, tasks)
    for task in ended - {closing}:
        task.result()
        raise RuntimeError(f"'{task.get_name()}' has ended by itself")


def server_for(site: ASGIApp, host: str, port: int) -> Server:
    """What serves a site in this process, on its event loop."""
    return Server(
        site,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        backlog=_BACKLOG,
        backpressure=_BACKPRESSURE,
        websockets=False,
        log_enabled=False,
    )


def _dashboard(parts: Parts, box: Box) -> list[Router]:
    base = parts.base

    def router_version() -> str:
        return base.caddy_version if base.caddy.pid else ""

    host = Host(base.engine, base.images, base.store.folders, router_version)
    care = Caretaking(Room(parts.tidy), KeptCertificates(base.router_settings), parts.backups)
    return dashboard_routes(
        box,
        host,
        care,
        domain=base.settings.domain,
        secure=base.router_settings.tls_mode is not TlsMode.OFF,
        csrf_key=base.store.sealer.derived_key("form tokens"),
        describe_api=openapi,
    )


async def _stop(box: Box, server: Server, tasks: list[asyncio.Task[None]]) -> None:
    """Ends streams, then the server, which waits for requests under way, but not for ever."""
    box.closing.set()
    box.bus.close()
    box.store.logs.wake_all()
    server.stop()  # type: ignore[no-untyped-call]
    # Whoever reads a command's output gets its end now, so that the server needn't wait for it.
    commands = asyncio.create_task(box.pipeline.commands.close(), name="end commands")
    api, *watchers = tasks
    for task in watchers:
        task.cancel()
    await asyncio.wait({api, commands}, timeout=_STOP_S)
    await asyncio.gather(*watchers, return_exceptions=True)
