"""What the dashboard's handlers reach beside the box itself; the composition root makes it."""

from collections.abc import Callable
from dataclasses import dataclass

from sotabox.dashboard.assets import Assets
from sotabox.dashboard.templates import Templates
from sotabox.operations.host import Host


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The dashboard of one box.

    Attributes:
        domain: the name under which it is reached; apps are below it.
        url_of: a host's address as a person would type it, with scheme and unusual port.
        secure: whether browsers reach it by HTTPS.
        csrf_key: of form tokens.
        host: the machine that it runs on.
    """

    domain: str
    url_of: Callable[[str], str]
    secure: bool
    csrf_key: bytes
    host: Host
    assets: Assets
    templates: Templates

    def url_of_app(self, slug: str) -> str:
        """Where an app is reached."""
        return self.url_of(f"{slug}.{self.domain}")
