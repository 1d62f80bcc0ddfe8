"""Documentation and blogs that build to a site of files: MkDocs, Sphinx, Pelican and their kin."""

import re
from dataclasses import dataclass
from typing import Final

from sotabox.builds.languages.python.requirements import Dependencies
from sotabox.builds.source import Tree

_MKDOCS = "mkdocs==1.6.1"
_PELICAN = "pelican[markdown]==4.11.0"
#: Generators by their package: the file that tells them, the command, where the site goes.
_GENERATORS: Final = (
    ("nikola", "conf.py", "nikola build", "output"),
    ("lektor", "*.lektorproject", "lektor build --output-path _site", "_site"),
    ("jupyter-book", "_toc.yml", "jupyter-book build .", "_build/html"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A site and how it is built. `added`: requirements to install where nothing lists them."""

    slug: str
    why: str
    build: str
    output: str
    added: tuple[str, ...] = ()


def find_site(tree: Tree, dependencies: Dependencies, *, listed: bool) -> Site | None:
    """The documentation that is the app. `listed`: a manifest says what the app depends on."""
    config = next((name for name in ("mkdocs.yml", "mkdocs.yaml") if tree.exists(name)), None)
    mkdocs = [name for name in dependencies.extras if name.startswith("mkdocs")]
    if config and (mkdocs or not listed):
        text = tree.read(config) or ""
        output = re.search(r"^site_dir:\s*['\"]?([\w./-]+)", text, re.MULTILINE)
        material = re.search(r"^\s+name:\s*['\"]?material\b", text, re.MULTILINE)
        added = (_MKDOCS, "mkdocs-material<10") if material else (_MKDOCS,)
        return Site(
            slug="mkdocs",
            why=config,
            build="mkdocs build",
            output=output[1].strip("./") if output else "site",
            added=() if listed else tuple(f"'{requirement}'" for requirement in added),
        )
    if site := _blog(tree, dependencies, listed=listed):
        return site
    for source in ("docs", "docs/source", "source", "."):
        conf = f"{source}/conf.py".removeprefix("./")
        if _has_sphinx(dependencies) and tree.exists(conf):
            return Site(
                slug="python",
                why=conf,
                build=f"sphinx-build -b html {source} _build/html",
                output="_build/html",
            )
    return None


def _blog(tree: Tree, dependencies: Dependencies, *, listed: bool) -> Site | None:
    if tree.exists("pelicanconf.py") and ("pelican" in dependencies.extras or not listed):
        settings = "publishconf.py" if tree.exists("publishconf.py") else "pelicanconf.py"
        return Site(
            slug="python",
            why="pelicanconf.py",
            build=f"pelican --settings {settings} --output output",
            output="output",
            added=() if listed else (f"'{_PELICAN}'",),
        )
    for package, pattern, build, output in _GENERATORS:
        if package in dependencies.extras and (found := tree.glob(pattern)):
            return Site(slug="python", why=found[0], build=build, output=output)
    return None


def _has_sphinx(dependencies: Dependencies) -> bool:
    """Sphinx itself, or an extension or theme of it that brings it along."""
    return any(name.startswith("sphinx") or name == "furo" for name in dependencies.extras)
