"""Languages and tools that are known by their files, and that have no builder here."""

from dataclasses import dataclass
from typing import Final

from sotabox.builds.source import Tree


@dataclass(frozen=True, slots=True)
class Stranger:
    """What it is, the files that tell it, and the image that its own Dockerfile begins with.

    `instead`: what one does with it here, to follow "which has no builder here".
    """

    name: str
    files: tuple[str, ...]
    image: str = ""
    instead: str = ""


STRANGERS: Final = (
    Stranger("a Scala app", ("build.sbt",), "sbtscala/scala-sbt"),
    Stranger("a Clojure app", ("project.clj", "deps.edn"), "clojure"),
    Stranger("a Swift app", ("Package.swift",), "swift"),
    Stranger("a Haskell app", ("stack.yaml", "*.cabal", "cabal.project"), "haskell"),
    Stranger("a Dart or Flutter app", ("pubspec.yaml",), "dart"),
    Stranger("a Crystal app", ("shard.yml",), "crystallang/crystal"),
    Stranger("a Nim app", ("*.nimble",), "nimlang/nim"),
    Stranger("a Zig app", ("build.zig",)),
    Stranger("an OCaml app", ("dune-project",), "ocaml/opam"),
    Stranger("a Julia app", ("Project.toml",), "julia"),
    Stranger("an R app", ("app.R", "plumber.R", "renv.lock"), "rocker/r-ver"),
    Stranger("a Perl app", ("cpanfile", "*.psgi", "Makefile.PL"), "perl"),
    Stranger("a Lua app", ("*.rockspec", "main.lua")),
    Stranger("a book of mdBook", ("book.toml",)),
    Stranger(
        "a set of services for Compose",
        ("compose.{yaml,yml}", "docker-compose.{yaml,yml}"),
        instead=": each service is a project of its own",
    ),
)


def find_stranger(tree: Tree) -> Stranger | None:
    """The first that the tree's root looks like; None if it looks like none."""
    return next((row for row in STRANGERS if any(tree.glob(file) for file in row.files)), None)
