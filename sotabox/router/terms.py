"""What a router is asked for: hosts that lead to apps, and how the box is reached."""

from dataclasses import dataclass, field
from ipaddress import ip_address

from sotabox.router.files import RouterFiles
from sotabox.settings import Settings, TlsMode


@dataclass(frozen=True, slots=True)
class CustomHost:
    """A name that is not the box's; `*.` before it stands for one label.

    `redirect_to` is another host, where its visitors are sent. `certified`: its certificate is
    there, so that Caddy may keep and renew it by itself instead of asking at a handshake.
    """

    name: str
    redirect_to: str | None = None
    certified: bool = False

    @property
    def is_wildcard(self) -> bool:
        return self.name.startswith("*.")

    @property
    def on_demand(self) -> bool:
        """Whether Caddy asks before it has a certificate made."""
        return self.is_wildcard or not self.certified


@dataclass(frozen=True, slots=True)
class Route:
    """The hostnames (lower case, punycode) of a project, and the file that names its upstream.

    `hosts` are below the box's own domain, `domains` anybody's. With one of `slots`, the file
    holds one address; with more, any number (see `router.balance`).
    """

    hosts: tuple[str, ...]
    project_id: str
    upstream_file: str
    domains: tuple[CustomHost, ...] = ()
    slots: int = 1

    @property
    def names(self) -> tuple[str, ...]:
        """All of its hosts."""
        return (*self.hosts, *(domain.name for domain in self.domains))


@dataclass(frozen=True, slots=True)
class TlsPolicy:
    """Where certificates come from; `ca` and `ca_roots` name another ACME authority."""

    mode: TlsMode = TlsMode.AUTO
    email: str = ""
    ca: str = ""
    ca_roots: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterSettings:
    """What the document needs to know besides its routes.

    Times in seconds. `bind` is the address to listen on; empty means all. `retry_s` is how long a
    request waits for an app that accepts no connection (a restart, a swap). `stream_close_s`
    is how long WebSockets outlive a reload, which another project's new domain may cause.
    """

    files: RouterFiles
    domain: str = "localhost"
    http_port: int = 80
    https_port: int = 443
    tls: TlsPolicy = field(default_factory=TlsPolicy)
    control_plane: str = "127.0.0.1:7680"
    bind: str = ""
    http3: bool = True
    retry_s: int = 5
    grace_s: int = 10
    stream_close_s: int = 3600
    upstream_idle_s: int = 1
    header_timeout_s: int = 10
    client_idle_s: int = 120
    header_max_bytes: int = 65_536

    @classmethod
    def of(cls, settings: Settings) -> "RouterSettings":
        """Those of a box; its data directory is absolute."""
        roots = (str(settings.acme_ca_root),) if settings.acme_ca_root.name else ()
        return cls(
            files=RouterFiles(settings.data_dir),
            domain=settings.domain,
            http_port=settings.http_port,
            https_port=settings.https_port,
            tls=TlsPolicy(settings.tls, settings.acme_email, settings.acme_ca, roots),
            control_plane=settings.listen,
        )

    @property
    def tls_mode(self) -> TlsMode:
        """The mode that is possible for this domain.

        `auto` means off where no public authority can vouch: for `localhost`, names below it, and
        bare addresses. A certificate of our own would only bring warnings there, while browsers
        treat `http://*.localhost` as a secure context anyway. Say `internal` to have one.
        """
        if self.tls.mode is TlsMode.AUTO and _is_private(self.domain):
            return TlsMode.OFF
        return self.tls.mode

    @property
    def ports(self) -> tuple[int, ...]:
        """The TCP ports that visitors come to."""
        if self.tls_mode is TlsMode.OFF:
            return (self.http_port,)
        return (self.http_port, self.https_port)

    @property
    def control_hosts(self) -> tuple[str, str]:
        return (self.domain, f"api.{self.domain}")

    def url(self, host: str) -> str:
        """`host` as a person would type it, with its scheme, and its port when it is unusual."""
        if self.tls_mode is TlsMode.OFF:
            return f"http://{host}" + (f":{self.http_port}" if self.http_port != 80 else "")
        return f"https://{host}" + (f":{self.https_port}" if self.https_port != 443 else "")


def _is_private(domain: str) -> bool:
    if domain == "localhost" or domain.endswith(".localhost"):
        return True
    try:
        ip_address(domain.strip("[]"))
    except ValueError:
        return False
    return True
