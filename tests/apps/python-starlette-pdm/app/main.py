from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route


async def index(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"hello from starlette over {request.url.scheme}")


app = Starlette(routes=[Route("/", index)])
