"""The composition root: makes every part of a box, and hands each just what it needs."""

from collections.abc import Mapping
from ipaddress import IPv4Network

from sotabox import __version__
from sotabox.app.foundation import Foundation
from sotabox.app.pipeline_parts import PipelineParts
from sotabox.app.release_parts import ReleaseParts
from sotabox.app.source_hosts import SourceHosts
from sotabox.domains.addresses import Addresses
from sotabox.domains.ask import AskIndex
from sotabox.domains.custom_domains import CustomDomains
from sotabox.domains.resolver import Resolver
from sotabox.domains.watch import DomainWatch
from sotabox.events import Bus
from sotabox.settings import Settings, TlsMode
from sotabox.store.store import Store
from sotabox.upkeep.backups import Backups
from sotabox.upkeep.sampler import Latest, Sampler
from sotabox.upkeep.tidy import Tidy
from sotabox.upkeep.vitals import Vitals
from sotabox.webhooks.addresses import Policy
from sotabox.webhooks.alerts import Alerts
from sotabox.webhooks.courier import Courier


class Parts:
    """Every part of a box: what it stands on, the pipeline on it, and what goes on beside that."""

    def __init__(
        self, settings: Settings, store: Store, bus: Bus, environ: Mapping[str, str]
    ) -> None:
        base = self.base = Foundation(settings, store, bus, environ)
        index = AskIndex(
            base.certificates.exists, rationed=base.router_settings.tls_mode is TlsMode.AUTO
        )
        own = _own_networks(settings)
        self._source_hosts = SourceHosts(Policy(settings.private_sources, *own))
        releases = ReleaseParts(base, self._source_hosts.addresses)
        self.pipeline = PipelineParts(base, releases, index.replace)
        self.domains = _make_domains(base, self.pipeline, index)
        self.courier = Courier(
            store,
            bus,
            Policy(settings.webhook_private, *own),
            url_of=base.url_of,
            version=__version__,
        )
        self._alerts = Alerts(settings, __version__)
        self.backups = Backups(settings, store.folders, self._alerts.send)
        self.latest, self.vitals = Latest(), Vitals()
        self.sampler = Sampler(store, base.engine, base.caddy.admin, base.host_of, self.latest)
        self.tidy = Tidy(
            settings=settings,
            store=store,
            engine=base.engine,
            images=base.images,
            helper=releases.static_server.tag,
        )

    async def close(self) -> None:
        """Ends what works in the background; containers and Caddy stay as they are."""
        await self.pipeline.close()
        await self.courier.close()
        await self._alerts.close()
        self._source_hosts.close()
        await self.base.close()


def _make_domains(base: Foundation, pipeline: PipelineParts, index: AskIndex) -> CustomDomains:
    settings = base.settings
    resolver = Resolver(settings.dns)
    addresses = Addresses(settings.public_ip, settings.domain, resolver)
    return CustomDomains(
        watch=DomainWatch(
            store=base.store,
            resolver=resolver,
            addresses=addresses,
            app_host=base.host_of,
            apply_routes=pipeline.routes.apply,
            obtain_certificate=base.certificates.obtain,
        ),
        addresses=addresses,
        index=index,
        app_host=base.host_of,
        apply_routes=pipeline.routes.apply,
    )


def _own_networks(settings: Settings) -> tuple[tuple[IPv4Network, ...], tuple[int, ...]]:
    """Where the box's apps live, and its ports that are for the world."""
    return (settings.network_pool,), (settings.http_port, settings.https_port)
