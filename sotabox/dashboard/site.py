"""What the dashboard's handlers reach beside the box itself; the composition root makes it."""

from dataclasses import dataclass

from sotabox.dashboard.assets import Assets
from sotabox.dashboard.templates import Templates
from sotabox.operations.host import Host


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The dashboard of one box.

    Attributes:
        domain: the name under which it is reached; apps are below it.
        secure: whether browsers reach it by HTTPS.
        csrf_key: of form tokens.
        host: the machine that it runs on.
    """

    domain: str
    secure: bool
    csrf_key: bytes
    host: Host
    assets: Assets
    templates: Templates
