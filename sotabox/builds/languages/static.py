"""A site of files: nothing to install, nothing to build."""

import re
from typing import Final

from sotabox.builds.overrides import Overrides
from sotabox.builds.plan import LanguagePlan, Reason, Static
from sotabox.builds.source import Tree
from sotabox.builds.verdict import Declined
from sotabox.errors import Invalid

NAME: Final = "static"
#: Where generators leave a site, in the order in which they are looked at.
ROOTS: Final = ("public", "dist", "build", "out", "_site", "site")
STRONG: Final = ("Staticfile",)
WEAK: Final = ("index.html", f"{{{','.join(ROOTS)}}}/index.html")


def plan(tree: Tree, overrides: Overrides) -> LanguagePlan | Declined:
    """The site's root and whether unknown paths get its `index.html`."""
    if overrides.start and overrides.static_root is None:
        return Declined(
            f"{overrides.origin('start')} gives a start command, so it is no static site"
        )
    staticfile = _read_staticfile(tree.read("Staticfile") or "")
    root, why = _root(tree, overrides, staticfile)
    fallback = staticfile.get("index_fallback", "").lower() in {"true", "yes", "on", "1"}
    if overrides.static_fallback is not None:
        fallback = overrides.static_fallback
    notes = []
    if tree.exists("Caddyfile"):
        notes.append(
            "The Caddyfile in the archive is not used: the site's server is configured here"
        )
    return LanguagePlan(
        language=NAME,
        framework=NAME,
        static=Static(root=root, fallback=fallback),
        carries=(),
        health_path="/",
        reasons=(Reason("static site", why),),
        notes=tuple(notes),
    )


def has_pages(tree: Tree) -> bool:
    """Whether a site of files lies in the tree."""
    return any(tree.glob(pattern) for pattern in (*STRONG, *WEAK))


def _root(tree: Tree, overrides: Overrides, staticfile: dict[str, str]) -> tuple[str, str]:
    if (root := overrides.static_root) is not None:
        return _checked(tree, root, overrides.origin("static_root"))
    if "root" in staticfile:
        return _checked(tree, staticfile["root"].strip("/").removeprefix("./"), "the Staticfile")
    if tree.exists("index.html") or not any(tree.exists(f"{r}/index.html") for r in ROOTS):
        return "", "index.html in the root" if tree.exists("index.html") else "a Staticfile"
    root = next(r for r in ROOTS if tree.exists(f"{r}/index.html"))
    return root, f"{root}/index.html"


def _checked(tree: Tree, root: str, origin: str) -> tuple[str, str]:
    if root and root != "." and not tree.glob(f"{root}/**"):
        raise Invalid(
            f"{origin} names '{root}' as the site's root, but the archive has no such directory",
            hint="Name a directory of the archive that holds the site's files.",
        )
    return ("" if root == "." else root), f"{origin} names '{root or '.'}'"


def _read_staticfile(text: str) -> dict[str, str]:
    """The flat `key: value` lines of a Staticfile."""
    pairs = re.findall(r"^(\w+):[ \t]*([^#\n]*)", text, re.MULTILINE)
    return {key: value.strip().strip("\"'") for key, value in pairs if value.strip()}
