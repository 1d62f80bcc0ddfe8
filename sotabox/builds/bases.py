"""Base images and the versions that we know of each tool: one table, overridable.

Images are official ones of Docker Hub. A box may name others (a mirror, a hardened set): the
override is a mapping from tool to a template like the ones here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sotabox.errors import Invalid


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool whose versions are image tags.

    `image` holds `{version}`. `lines` are the release lines to choose from, oldest first; `default`
    is one of them; lines before `oldest_alive` get no more security fixes.
    """

    image: str
    default: str
    lines: tuple[str, ...] = ()
    oldest_alive: str = ""


TOOLS: Final[Mapping[str, Tool]] = {
    "bun": Tool("oven/bun:{version}-slim", "1", ("1",)),
    "composer": Tool("composer:{version}", "2", ("2",)),
    "debian": Tool("debian:{version}-slim", "trixie", ("bookworm", "trixie")),
    "deno": Tool("denoland/deno:debian-{version}", "2.5.6", ("1.46.3", "2.5.6"), "2"),
    "dotnet": Tool("mcr.microsoft.com/dotnet/aspnet:{version}", "8.0", ("6.0", "7.0", "8.0", "9.0", "10.0"), "8.0"),
    "dotnet-sdk": Tool("mcr.microsoft.com/dotnet/sdk:{version}", "8.0", ("6.0", "7.0", "8.0", "9.0", "10.0"), "8.0"),
    "elixir": Tool("elixir:{version}-slim", "1.18", ("1.14", "1.15", "1.16", "1.17", "1.18", "1.19"), "1.15"),
    "frankenphp": Tool("dunglas/frankenphp:php{version}", "8.4", ("8.2", "8.3", "8.4", "8.5"), "8.2"),
    "erlang": Tool("erlang:{version}-slim", "28", ("26", "27", "28"), "26"),
    "gleam": Tool("ghcr.io/gleam-lang/gleam:v{version}-erlang", "1.11.1", ("1.11.1",)),
    "go": Tool("golang:{version}", "1.25", ("1.21", "1.22", "1.23", "1.24", "1.25", "1.26", "1.27"), "1.24"),
    "gradle": Tool("gradle:{version}", "8-jdk21", ("8-jdk21",)),
    "java": Tool("eclipse-temurin:{version}-jre", "21", ("8", "11", "17", "21", "25"), "8"),
    "java-jdk": Tool("eclipse-temurin:{version}-jdk", "21", ("8", "11", "17", "21", "25"), "8"),
    "maven": Tool("maven:3-eclipse-temurin-{version}", "21", ("8", "11", "17", "21", "25"), "8"),
    "node": Tool("node:{version}-slim", "22", ("14", "16", "18", "20", "22", "24"), "20"),
    "python": Tool(
        "python:{version}-slim", "3.13", ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14"), "3.10"
    ),
    "ruby": Tool("ruby:{version}-slim", "3.4", ("3.0", "3.1", "3.2", "3.3", "3.4", "4.0"), "3.2"),
    "rust": Tool("rust:{version}-slim", "1", ("1",)),
}  # fmt: skip


def image_of(tool: str, version: str, overrides: Mapping[str, str] | None = None) -> str:
    """The image of `tool` in `version` (the default line when empty).

    Args:
        overrides: templates by tool that replace ours; `{version}` may be left out of one.

    Raises:
        Invalid: an override's template can't be filled.
    """
    row = TOOLS[tool]
    template = (overrides or {}).get(tool, row.image)
    try:
        return template.format(version=version or row.default)
    except (KeyError, IndexError, ValueError) as error:
        raise Invalid(
            f"The base image for {tool}, {template!r}, is not a valid template",
            hint="Write it with one {version}, such as 'registry.example.com/node:{version}-slim'.",
        ) from error
