"""Tools that only make sites: told by a dependency or by their command in the build script."""

import re
from typing import Final

from sotabox.builds.languages.node.app import App
from sotabox.builds.languages.node.config import Config, clean_path, read_config
from sotabox.builds.languages.node.kinds import ReadSite, Site
from sotabox.builds.languages.node.manifest import parse_json5
from sotabox.builds.languages.node.scripts import reachable_text


def _by_build(
    slug: str,
    command: str,
    output: str,
    option: str = r"--out(?:[dD]ir)?[ =]([^\s'\"]+)",
    *,
    pages: bool = False,
) -> ReadSite:
    """A reader of a tool that is told by its command in the build script.

    `pages`: each has a file of its own, and no script in the browser finds more.
    """

    def read(app: App) -> Site | None:
        build = reachable_text(app.manifest, "build")
        if not re.search(command, build):
            return None
        named = re.search(option, build)
        where = named[1] if named else read_config(app.files, "vue.config").string("outputDir")
        return Site(
            slug=slug,
            why="its build script",
            output=clean_path(where or output),
            fallback=not pages,
        )

    return read


def _expo(app: App) -> Site | None:
    if not (app.manifest.has("expo") and app.manifest.has("react-native-web")):
        return None
    try:
        settings = parse_json5(app.files.read("app.json") or "{}")
        output = settings["expo"]["web"]["output"]
    except (ValueError, KeyError, TypeError):
        output = read_config(app.files, "app.config").string("output")
    if output == "server":
        return None
    return Site(
        slug="expo",
        why="the dependencies expo and react-native-web",
        output="dist",
        fallback=output != "static",
        build="expo export --platform web",
    )


def _by_dependency(slug: str, names: tuple[str, ...], output: str, build: str) -> ReadSite:
    """A reader of a generator whose output has one place."""

    def read(app: App) -> Site | None:
        if not (name := app.manifest.has(*names)):
            return None
        return Site(slug=slug, why=f"the dependency {name}", output=output, build=build)

    return read


def _vitepress(app: App) -> Site | None:
    if not app.manifest.has("vitepress"):
        return None
    build = reachable_text(app.manifest, "build") or reachable_text(app.manifest, "docs:build")
    named = re.search(r"vitepress build[ ]+([\w./-]+)", build)
    root = clean_path(named[1]) if named else "docs" if app.files.exists("docs/.vitepress") else ""
    return Site(
        slug="vitepress",
        why="the dependency vitepress",
        output="/".join(part for part in (root, ".vitepress/dist") if part),
        build=f"vitepress build {root}".strip(),
    )


def _webpack(app: App) -> Site | None:
    """A page that webpack bundles: told by the development server that shows it."""
    if not app.manifest.has("webpack-dev-server", "html-webpack-plugin"):
        return None
    return _by_build("node", r"\bwebpack(?:-cli)?\b", "dist", r"--output-path[ =]([^\s'\"]+)")(app)


def _vuepress(app: App) -> Site | None:
    script = next((s for s in ("build", "docs:build") if s in app.manifest.scripts), "")
    named = re.search(
        r"\bvuepress(?:-vite|-webpack)? build[ ]*([\w./-]*)", app.manifest.scripts.get(script, "")
    )
    if named is None:
        return None
    root = clean_path(named[1]) if named[1] else ""
    return Site(
        slug="node",
        why="the command vuepress build",
        output="/".join(part for part in (root, ".vuepress/dist") if part),
        build=f"vuepress build {root}".strip(),
    )


def _eleventy(app: App) -> Site | None:
    if not app.manifest.has("@11ty/eleventy"):
        return None
    option = re.search(r"--output[ =]([^\s'\"]+)", reachable_text(app.manifest, "build"))
    config = next(
        (
            c
            for name in (".eleventy", "eleventy.config")
            if (c := read_config(app.files, name)).path
        ),
        Config(),
    )
    return Site(
        slug="eleventy",
        why="the dependency @11ty/eleventy",
        output=clean_path(option[1] if option else config.string("output") or "_site"),
        build="eleventy",
    )


def _hexo(app: App) -> Site | None:
    if not app.manifest.has("hexo"):
        return None
    text = app.files.read("_config.yml") or ""
    named = re.search(r"^public_dir:\s*['\"]?([\w./-]+)", text, re.MULTILINE)
    return Site(
        slug="hexo",
        why="the dependency hexo",
        output=clean_path(named[1] if named else "public"),
        build="hexo generate",
    )


READERS: Final[tuple[ReadSite, ...]] = (
    _by_dependency("gatsby", ("gatsby",), "public", "gatsby build"),
    _by_dependency("docusaurus", ("@docusaurus/core",), "build", "docusaurus build"),
    _vitepress,
    _eleventy,
    _by_build(
        "cra",
        r"\b(?:react-scripts|craco|react-app-rewired) build\b",
        "build",
        r"BUILD_PATH=['\"]?([^\s'\"]+)",
    ),
    _by_build("node", r"\bparcel build\b", "dist", r"--dist-dir[ =]([^\s'\"]+)"),
    _by_build("node", r"\bpreact build\b", "build", r"--dest[ =]([^\s'\"]+)"),
    _by_build("node", r"\bember build\b", "dist", r"--output-path[ =]([^\s'\"]+)"),
    _by_build("node", r"\brsbuild build\b", "dist", r"--dist-path[ =]([^\s'\"]+)"),
    _by_build("node", r"\bslidev build\b", "dist", r"--out[ =]([^\s'\"]+)"),
    _by_build("node", r"\bfarm build\b", "dist"),
    _by_build("node", r"\b(?:umi|max) build\b", "dist"),
    _by_build("node", r"\bquasar build\b(?! (?:-m|--mode)[ =](?!spa|pwa))", "dist/spa"),
    _by_build("node", r"\bstencil build\b", "www"),
    _by_build("node", r"\bobservable build\b", "dist", pages=True),
    _by_build("node", r"\brspress build\b", "doc_build", pages=True),
    _by_build("node", r"\bgreenwood build\b", "public", pages=True),
    _by_build("node", r"\bladle build\b", "build"),
    _by_build("node", r"\bhistoire build\b", ".histoire/dist"),
    _by_build("node", r"\b(?:honkit|gitbook) build\b", "_book", pages=True),
    _by_build("node", r"\bgridsome build\b", "dist", pages=True),
    _hexo,
    _webpack,
    _vuepress,
    _by_build("vue", r"\bvue-cli-service build\b", "dist", r"--dest[ =]([^\s'\"]+)"),
    _expo,
)
