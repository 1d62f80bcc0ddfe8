"""`/static`: what pages are made of, for a year and without asking again."""

from typing import Any, Final

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from sotabox.dashboard.assets import PREFIX
from sotabox.dashboard.site import Site
from sotabox.errors import NotFound
from sotabox.web.compression import accepts_gzip

_FOR_EVER: Final = "public, max-age=31536000, immutable"


@get("/static/{name:str}")
async def serve(
    request: Request[Any, Any, Any], name: FromPath[str], site: NamedDependency[Site]
) -> Response[bytes]:
    """A file under its present name."""
    asset = site.assets.find(f"{PREFIX}/{name}")
    if asset is None:
        raise NotFound("There is no such file")
    headers = {"cache-control": _FOR_EVER, "etag": asset.etag, "vary": "accept-encoding"}
    if request.headers.get("if-none-match") == asset.etag:
        return Response(b"", status_code=304, headers=headers, media_type=asset.media_type)
    content = asset.content
    if accepts_gzip(request):
        content, headers["content-encoding"] = asset.packed, "gzip"
    return Response(content, headers=headers, media_type=asset.media_type)


ROUTES = [serve]
