"""Maven or Gradle, from the app's own wrapper where it is whole."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sotabox.builds.plan import Cache
from sotabox.builds.source import Tree

_MAVEN: Final = Cache("maven", "/root/.m2", locked=True)
_GRADLE: Final = Cache("gradle", "/root/.gradle", locked=True)
_GRADLE_FILES: Final = (
    "build.gradle",
    "build.gradle.kts",
    "settings.gradle",
    "settings.gradle.kts",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildTool:
    """What builds the app.

    `command` is without the task. `text` is all of the build files, comments taken out; `gradle` is
    the wrapper's version, () where it isn't known.
    """

    name: str
    manifest: str
    command: str
    why: str
    wrapped: bool
    cache: Cache
    text: str
    gradle: tuple[int, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def read_tool(tree: Tree) -> BuildTool:
    """The build tool of a tree that has one's manifest; Maven where it has both."""
    return _maven(tree) if tree.exists("pom.xml") else _gradle(tree)


def _maven(tree: Tree) -> BuildTool:
    text = "\n".join(_without_xml_comments(tree.read(p) or "") for p in tree.glob("**/pom.xml"))
    # The wrapper's script alone is not enough: what it downloads stands in its properties.
    wrapped = tree.exists("mvnw") and tree.exists(".mvn/wrapper/maven-wrapper.properties")
    program = _unix("mvnw") if wrapped else "mvn"
    profile = " -Pproduction" if re.search(r"<id>\s*production\s*</id>", text) else ""
    return BuildTool(
        name="maven",
        manifest="pom.xml",
        command=f"{program} -B -ntp -DskipTests{profile}",
        why="mvnw in the archive" if wrapped else "pom.xml and no Maven wrapper",
        wrapped=wrapped,
        cache=_MAVEN,
        text=text,
        notes=_incomplete("mvnw", tree) if not wrapped else (),
    )


def _gradle(tree: Tree) -> BuildTool:
    files = (*tree.glob("**/*.{gradle,gradle.kts}"), *tree.glob("gradle/*.toml"))
    text = "\n".join(_without_comments(tree.read(path) or "") for path in files)
    properties = tree.read("gradle/wrapper/gradle-wrapper.properties") or ""
    wrapped = all(
        tree.exists(path) for path in ("gradlew", "gradle/wrapper/gradle-wrapper.jar")
    ) and bool(properties)
    version = re.search(r"gradle-(\d+(?:\.\d+)*)", properties)
    program = _unix("gradlew") if wrapped else "gradle"
    return BuildTool(
        name="gradle",
        manifest=next((p for p in _GRADLE_FILES if tree.exists(p)), "gradlew"),
        command=f"{program} --no-daemon --console=plain -Pproduction",
        why="gradlew in the archive" if wrapped else "a Gradle build and no Gradle wrapper",
        wrapped=wrapped,
        cache=_GRADLE,
        text=text,
        gradle=tuple(map(int, version[1].split("."))) if version and wrapped else (),
        env={"GRADLE_USER_HOME": _GRADLE.target},
        notes=_incomplete("gradlew", tree) if not wrapped else (),
    )


def _unix(script: str) -> str:
    """A wrapper's script, that may have come with Windows' line ends and no right to be run."""
    return f"sed -i 's/\\r$//' {script} && sh ./{script}"


def _incomplete(script: str, tree: Tree) -> tuple[str, ...]:
    if not tree.exists(script):
        return ()
    return (f"{script} is not used: the files of its wrapper are not in the archive",)


def _without_xml_comments(text: str) -> str:
    return re.sub(r"<!--.*?(?:-->|\Z)", "", text, flags=re.DOTALL)


def _without_comments(text: str) -> str:
    return re.sub(r"^[ \t]*//[^\n]*$|/\*.*?(?:\*/|\Z)", "", text, flags=re.DOTALL | re.MULTILINE)
