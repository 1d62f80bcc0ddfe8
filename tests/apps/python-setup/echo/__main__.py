import os

from aiohttp import web


async def index(request: web.Request) -> web.Response:
    return web.Response(text="hello from aiohttp")


app = web.Application()
app.add_routes([web.get("/", index)])
web.run_app(app, host=os.environ["HOST"], port=int(os.environ["PORT"]))
