"""What the dashboard's handlers reach beside the box itself; the composition root makes it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from sotabox.dashboard.assets import Assets
from sotabox.dashboard.templates import Templates
from sotabox.operations.caretaking import Caretaking
from sotabox.operations.host import Host


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The dashboard of one box.

    Attributes:
        domain: the name under which it is reached; apps are below it.
        secure: whether browsers reach it by HTTPS.
        csrf_key: of form tokens.
        host: the machine that it runs on.
        care: what looks after the box.
        describe_api: the API's OpenAPI document.
        made: pieces of pages that are made once, by name.
    """

    domain: str
    secure: bool
    csrf_key: bytes
    host: Host
    care: Caretaking
    assets: Assets
    templates: Templates
    describe_api: Callable[[], dict[str, Any]]
    made: dict[str, Markup] = field(default_factory=dict)
