"""Documentation that builds to a site of files: MkDocs and Sphinx."""

import re
from dataclasses import dataclass

from sotabox.builds.languages.python.requirements import Dependencies
from sotabox.builds.source import Tree

_MKDOCS = "mkdocs==1.6.1"


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
    for source in ("docs", "docs/source", "source", "."):
        conf = f"{source}/conf.py".removeprefix("./")
        if "sphinx" in dependencies.extras and tree.exists(conf):
            return Site(
                slug="python",
                why=conf,
                build=f"sphinx-build -b html {source} _build/html",
                output="_build/html",
            )
    return None
