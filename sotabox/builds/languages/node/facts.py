"""All that was found out about an app, before its plan is put together."""

from dataclasses import dataclass

from sotabox.builds.bases import image_of
from sotabox.builds.languages.node.app import App
from sotabox.builds.languages.node.build import build_command
from sotabox.builds.languages.node.kinds import Server, Site
from sotabox.builds.languages.node.layer import Layer, read_layer
from sotabox.builds.languages.node.packages import SystemPackages, system_packages
from sotabox.builds.languages.node.servers import find_server
from sotabox.builds.languages.node.sites import find_site
from sotabox.builds.languages.node.start import Start, find_start, looks_like_bun
from sotabox.builds.languages.node.version import bun_version, node_version
from sotabox.builds.plan import Version
from sotabox.builds.unknown import DOCS
from sotabox.errors import UnknownApp


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What was found out. `image` is of the toolchain and, for a server, of the run."""

    app: App
    on_bun: bool
    site: Site | None
    server: Server | None
    start: Start | None
    layer: Layer
    build: str
    packages: SystemPackages
    image: str
    versions: tuple[Version, ...]
    warnings: tuple[str, ...]

    @property
    def alone(self) -> bool:
        """What the build makes runs without anything else of the app."""
        own = self.start is not None and self.start.own
        return bool(self.server and self.server.alone and own and not self.app.overrides.release)

    @property
    def added(self) -> str:
        """The server that is installed beside the app, for a start command of ours."""
        own = self.start is not None and self.start.own and not self.on_bun
        return self.server.added if self.server and own else ""

    @property
    def work_dir(self) -> str:
        """Where the start command runs, below the app's directory."""
        own = self.start is not None and self.start.own
        return self.server.work_dir if self.server and own else ""

    @property
    def whole(self) -> bool:
        """Dependencies and source can't be kept apart."""
        return (
            not self.layer.files
            or self.app.manager.plug_and_play
            or self.app.overrides.install is not None
        )

    @property
    def prune(self) -> bool:
        """Development dependencies stay out of the image."""
        if self.app.manager.plug_and_play:
            return False  # yarn starts nothing with a part of its packages
        wish = self.app.overrides.railpack.get("PRUNE_DEPS", "").lower()
        if wish:
            return wish in {"1", "true"}
        return bool(self.start and self.start.prunable) and bool(
            self.app.manifest.development or self.app.root.development
        )


def find_out(app: App) -> Facts:
    """Asks every module about the app.

    Raises:
        UnknownApp: what its framework builds can't run here, and nobody says how else it starts.
    """
    on_bun = looks_like_bun(app)
    site = find_site(app)
    server = None if site else find_server(app)
    layer = read_layer(app)
    images = app.overrides.images
    if on_bun:
        version, warnings = bun_version(app.tree, app.root, app.overrides)
        versions: tuple[Version, ...] = (version,)
        warnings = ()  # the manager has them
    else:
        version, warnings = node_version(app.tree, app.files, app.root, app.manifest, app.overrides)
        manager = app.manager
        versions = (version,)
        if manager.version:
            versions = (version, Version(manager.program, manager.version, manager.why))
    start = None if site else find_start(app, server, on_bun=on_bun)
    if server and server.refusal and (start is None or start.own):
        raise UnknownApp(server.refusal.message, hint=f"{server.refusal.hint} See {DOCS}.")
    return Facts(
        app=app,
        on_bun=on_bun,
        site=site,
        server=server,
        start=start,
        layer=layer,
        build=build_command(app, layer, site or server),
        packages=system_packages(app),
        image=image_of(version.tool, version.version, images),
        versions=versions,
        warnings=(*warnings, *app.manager.warnings),
    )
