"""`/docs`: the API's reference, made of its own description; for everybody, logged in or not.

What it says is in the source that everybody can read, so it is nobody's secret. It needs nothing
from anywhere else: the box may stand where there is no internet.
"""

from dataclasses import dataclass
from typing import ClassVar

from litestar import Response, get
from litestar.di import NamedDependency
from markupsafe import Markup

from sotabox.dashboard.api_shapes import read_groups, read_shapes
from sotabox.dashboard.site import Site
from sotabox.dashboard.templates import Page
from sotabox.dashboard.visit import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferencePage(Page):
    """The frame of the reference; `content` is all of it, made once a start."""

    template: ClassVar[str] = "pages/reference.html"

    title: str = "API reference"
    content: Markup


@get("/docs")
async def show_reference(visit: NamedDependency[Visit]) -> Response[bytes]:
    """The reference."""
    return visit.show(ReferencePage(content=_content(visit.site, visit.box.page(""))))


def _content(site: Site, base_url: str) -> Markup:
    """The same for everybody, and a few hundred kilobytes: made when somebody first asks."""
    if "reference" not in site.made:
        document = site.describe_api()
        site.made["reference"] = site.templates.part(
            "parts/reference.html",
            groups=read_groups(document, base_url),
            shapes=read_shapes(document),
            version=document["info"]["version"],
        )
    return site.made["reference"]


ROUTES = [show_reference]
