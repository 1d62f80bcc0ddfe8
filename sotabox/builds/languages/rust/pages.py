"""Rust apps of which a part runs in the browser: Cargo alone builds nothing that could be served."""

from dataclasses import dataclass
from typing import Final

from sotabox.builds.languages.rust.crates import Crate
from sotabox.builds.source import Tree
from sotabox.builds.unknown import DOCS
from sotabox.errors import UnknownApp


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that builds such apps: its file or its table of the manifest, its command."""

    name: str
    command: str
    file: str = ""
    table: str = ""
    mark: str = ""  # in index.html


_TOOLS: Final = (
    Tool("Trunk", "trunk build --release", file="Trunk.toml", mark="data-trunk"),
    Tool("Dioxus' own tool", "dx bundle --platform web --release", file="Dioxus.toml"),
    Tool("cargo-leptos", "cargo leptos build --release", table="leptos"),
)


def refuse_pages(tree: Tree, crates: tuple[Crate, ...]) -> None:
    """Tells of a build that needs a tool which no image of Rust has.

    Raises:
        UnknownApp: such a tool builds the app.
    """
    index = tree.read("index.html") or ""
    for tool in _TOOLS:
        if (
            (tool.file and tree.exists(tool.file))
            or (tool.mark and tool.mark in index)
            or (tool.table and any(_has_table(crate, tool.table) for crate in crates))
        ):
            raise UnknownApp(
                f"This Rust app is built by {tool.name} ({tool.command}), which is not in Rust's image",
                hint="Add a Dockerfile that installs it, or give both a build and a start command. "
                f"See {DOCS}.",
            )


def _has_table(crate: Crate, name: str) -> bool:
    package = crate.manifest.get("package")
    metadata = package.get("metadata") if isinstance(package, dict) else None
    return isinstance(metadata, dict) and name in metadata
