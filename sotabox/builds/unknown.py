"""The error of a tree that nothing fits: what was found, what was looked for, the ways out."""

from collections.abc import Mapping, Sequence
from typing import Final

from sotabox.builds.source import Tree
from sotabox.builds.strangers import find_stranger
from sotabox.builds.verdict import Language
from sotabox.errors import UnknownApp

DOCS: Final = "docs/builds.md"
_SHOWN: Final = 20


def unknown_app(
    tree: Tree, languages: Sequence[Language], declined: Mapping[str, str]
) -> UnknownApp:
    """The error for `tree`; with several apps in sub-directories it lists them."""
    looked = ["Dockerfile", *(p for language in languages for p in language.STRONG)]
    parts = [f"No app was found in the archive's root. Found: {_listing(tree)}."]
    stranger = find_stranger(tree)
    if stranger:
        parts.append(f"It looks like {stranger.name}, which has no builder here{stranger.instead}.")
    parts += [f"Not {name}: {why}." for name, why in declined.items()]
    parts.append(f"Looked for: {', '.join(looked)}.")
    if apps := _apps_below(tree, languages):
        hint = (
            f"There are apps in {_and(apps)}: set the root directory to one of them "
            f'(root = "{apps[0]}" in a sotabox.toml in the archive\'s root). See {DOCS}.'
        )
    else:
        hint = (
            f"Add a Dockerfile{f', which may begin FROM {stranger.image}' if stranger.image else ''}. See {DOCS}."
            if stranger
            else 'Two quick ways out: give a start command (start = "…" in sotabox.toml, or a '
            f"Procfile with a line 'web: …'), or add a Dockerfile. See {DOCS}."
        )
    return UnknownApp(" ".join(parts), hint=hint)


def _listing(tree: Tree) -> str:
    """The tree's first two levels, cut where it gets long."""
    entries: dict[str, None] = {}
    for path in sorted(tree.paths, key=lambda path: (path.count("/"), path)):
        parts = path.split("/")
        entries["/".join(parts[:2]) + ("/" if len(parts) > 2 else "")] = None
    names = list(entries)
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return (", ".join(names[:_SHOWN]) + more) if names else "nothing"


def _apps_below(tree: Tree, languages: Sequence[Language]) -> list[str]:
    """Directories one or two levels down that hold a Dockerfile or a language's manifest."""
    patterns = ["Dockerfile", *(p for language in languages for p in language.STRONG)]
    found = {
        path.rpartition("/")[0]
        for pattern in patterns
        for prefix in ("*/", "*/*/")
        for path in tree.glob(prefix + pattern)
    }
    return sorted(found)[:10]


def _and(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
