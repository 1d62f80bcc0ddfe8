"""Which Java an app is compiled for; it also runs on it. Majors only: images are tagged by them."""

import re
from typing import Final

from sotabox.builds.bases import TOOLS
from sotabox.builds.languages.java.tool import BuildTool
from sotabox.builds.overrides import Overrides
from sotabox.builds.plan import Version
from sotabox.builds.source import Tree
from sotabox.builds.versions import Wanted, choose, from_file, from_tool_files

#: The newest Java that a Gradle runs on, up to that Gradle. Source: Gradle's compatibility matrix.
_GRADLE_RUNS_ON: Final = (((5,), "8"), ((6,), "11"), ((8, 4), "17"), ((9, 0), "21"))
#: From here on lines that are no long-term ones have images, too, which get no more fixes.
_OLDEST_SHORT_LIVED: Final = 16

_IN_MAVEN: Final = (
    "java.version", "maven.compiler.release", "maven.compiler.target", "maven.compiler.source",
    "release", "jdk.version",
)  # fmt: skip
_IN_GRADLE: Final = (
    r"JavaLanguageVersion\.of\(\s*(\d+)", r"jvmToolchain\(\s*(\d+)",
    r"(?:source|target)Compatibility\s*=?\s*(?:JavaVersion\.VERSION_)?[\"']?((?:1[._])?\d+)",
)  # fmt: skip


def java_version(
    tree: Tree, tool: BuildTool, overrides: Overrides
) -> tuple[Version, tuple[str, ...]]:
    """The Java version of an app, and warnings."""
    wanted = (
        overrides.version("java", "jdk"),
        from_tool_files(tree, "java"),
        from_file(tree, ".java-version"),
        _line_of(tree, "system.properties", r"^[ \t]*java\.runtime\.version\s*[=:]\s*(\S+)"),
        _line_of(tree, ".sdkmanrc", r"^[ \t]*java\s*=\s*(\S+)"),
        _from_maven(tool.text) if tool.name == "maven" else _from_gradle(tool.text),
        _from_wrapper(tool),
    )
    exact = tool.name == "gradle"
    return choose("java", [major for want in wanted if want and (major := _major(want, exact))])


def _major(want: Wanted, exact: bool) -> Wanted | None:
    """`1.8`, `17.0.9`, `temurin-21.0.2+13`, `21.0.2-tem` as the line that has an image.

    `exact`: a newer one will not do, as Gradle's toolchains take no other.
    """
    found = re.search(r"(?<![\d.])(?:1[._](?=[5-8]\b))?(\d+)", want.text)
    if not found:
        return None
    if found[1] in TOOLS["java"].lines or (exact and int(found[1]) >= _OLDEST_SHORT_LIVED):
        return Wanted(found[1], f"{want.origin}, {want.text}")
    return Wanted(f">={found[1]}", want.origin)


def _line_of(tree: Tree, path: str, pattern: str) -> Wanted | None:
    found = re.search(pattern, tree.read(path) or "", re.MULTILINE)
    return Wanted(found[1], path) if found else None


def _from_maven(text: str) -> Wanted | None:
    for name in _IN_MAVEN:
        if found := re.search(rf"<{re.escape(name)}>\s*((?:1\.)?\d+)\s*</", text):
            return Wanted(found[1], f"{name} in pom.xml")
    return None


def _from_gradle(text: str) -> Wanted | None:
    for pattern in _IN_GRADLE:
        if found := re.search(pattern, text):
            return Wanted(found[1], "the Gradle build")
    return None


def _from_wrapper(tool: BuildTool) -> Wanted | None:
    """An old Gradle does not run on the default Java."""
    for last, java in _GRADLE_RUNS_ON:
        if tool.gradle and tool.gradle[: len(last)] <= last:
            return Wanted(java, f"the newest for Gradle {'.'.join(map(str, tool.gradle))}")
    return None
