"""The floor of the API's bench: a handler that does nothing, on the box's own server settings.

`python -m tests.bench.empty PORT`
"""

import asyncio
import sys

from litestar import Litestar, Response, get

from sotabox.app.running import server_for


@get("/")
async def nothing() -> Response[bytes]:
    """As little as can be answered."""
    return Response(b"{}", media_type="application/json")


if __name__ == "__main__":
    site = Litestar([nothing], openapi_config=None, logging_config=None, debug=False)
    asyncio.run(server_for(site, "127.0.0.1", int(sys.argv[1])).serve())
