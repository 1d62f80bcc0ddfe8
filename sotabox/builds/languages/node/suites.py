"""Frameworks that bring a server of their own, and a command that starts it."""

from typing import Final

from sotabox.builds.languages.node.app import App
from sotabox.builds.languages.node.kinds import ReadServer, Refusal, Server


def _expo(app: App) -> Server | None:
    if not app.manifest.has("expo"):
        return None
    web = bool(app.manifest.has("react-native-web"))
    return Server(
        slug="expo",
        why="the dependency expo" + (", web.output 'server'" if web else ""),
        start="expo serve --port $PORT",
        tools=("expo",),
        build="expo export --platform web",
        refusal=None
        if web
        else Refusal(
            "This Expo app is for phones only: react-native-web is not among its dependencies",
            "'npx expo install react-dom react-native-web' makes it an app for the web, too.",
        ),
    )


def _redwood(app: App) -> Server | None:
    if not (app.manifest.has("@redwoodjs/core") and app.files.exists("redwood.toml")):
        return None
    return Server(
        slug="node",
        why="the dependency @redwoodjs/core",
        start="rw serve --web-port $PORT --web-host 0.0.0.0 --api-port 8911",
        tools=("rw", "redwood"),
        build="rw build",
        needs="@redwoodjs/core",
    )


def _medusa(app: App) -> Server | None:
    if not app.manifest.has("@medusajs/framework"):
        return None
    return Server(
        slug="node",
        why="the dependency @medusajs/framework",
        start="medusa start",
        tools=("medusa",),
        build="medusa build",
        work_dir=".medusa/server",
    )


READERS: Final[tuple[ReadServer, ...]] = (_expo, _redwood, _medusa)
