"""Libraries and frameworks that only say what a server is: how it starts is mostly its own matter."""

from collections.abc import Mapping
from typing import Final

from sotabox.builds.languages.node.app import App
from sotabox.builds.languages.node.kinds import Server

#: Libraries which only say what an app is, not how it starts.
_LIBRARIES: Final = {
    "nestjs": ("@nestjs/core",),
    "strapi": ("@strapi/strapi",),
    "directus": ("directus",),
    "adonis": ("@adonisjs/core",),
    "payload": ("payload",),
    "express": ("express",),
    "fastify": ("fastify",),
    "koa": ("koa",),
    "hono": ("hono",),
    "elysia": ("elysia",),
    "hapi": ("@hapi/hapi",),
}
#: Start, tools that mean the same, build.
_LIBRARY_START: Final[Mapping[str, tuple[str, tuple[str, ...], str]]] = {
    "nestjs": ("node dist/main", ("nest",), "nest build"),
    "strapi": ("strapi start", (), "strapi build"),
    "directus": ("directus start", (), ""),
    "adonis": ("node build/bin/server.js", ("node",), "node ace build"),
}


def read_library(app: App) -> Server | None:
    """The most special library among the dependencies."""
    for slug, names in _LIBRARIES.items():
        if name := app.manifest.has(*names):
            own = _LIBRARY_START.get(slug, (None, (), None))
            return Server(
                slug=slug, why=f"the dependency {name}", start=own[0], tools=own[1], build=own[2]
            )
    return None
