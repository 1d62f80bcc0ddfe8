"""Java, Kotlin and Scala on the JVM: Maven and Gradle, a jar or an installed program."""

from typing import Final

from sotabox.builds.bases import image_of
from sotabox.builds.languages.java.artifact import Artifact, choose_artifact
from sotabox.builds.languages.java.tool import BuildTool, read_tool
from sotabox.builds.languages.java.version import java_version
from sotabox.builds.languages.ports import Listening, find_port, habits
from sotabox.builds.overrides import Overrides
from sotabox.builds.plan import (
    APP_DIR,
    BUILD,
    Carry,
    LanguagePlan,
    Reason,
    Step,
    Toolchain,
    Version,
)
from sotabox.builds.source import Tree
from sotabox.builds.verdict import Declined

NAME: Final = "java"
STRONG: Final = (
    "pom.xml", "gradlew", "build.gradle", "build.gradle.kts", "settings.gradle",
    "settings.gradle.kts",
)  # fmt: skip
WEAK: Final = ()

#: Frameworks without a property for the port: their sources name it, or ask for it.
_PORTS: Final = habits(
    "**/{*.java,*.kt,*.scala,application.conf,application.yaml,application.yml}",
    r"""["'{?]PORT\b|server\.port""",
    r"""\.(?:start|listen|port|bind|httpPort)\(\s*(\d{4,5})\b""",
    r"""(?<![\w.])port\(\s*(\d{4,5})\b""",
    r"""InetSocketAddress\(\s*(?:"0\.0\.0\.0",\s*)?(\d{4,5})\b""",
    r"""(?:Server|ServerSocket)\(\s*(\d{4,5})\b""",
    r"""\b\w*[pP]ort\w*(?:\s*:\s*Int)?\s*[=:]\s*(\d{4,5})\b""",
)


def plan(tree: Tree, overrides: Overrides) -> LanguagePlan | Declined:
    """The plan of the jar that the build makes, whatever its name."""
    tool = read_tool(tree)
    version, warnings = java_version(tree, tool, overrides)
    artifact = choose_artifact(tool)
    image, gradle = _build_image(tool, version.version, overrides)
    # A person's own start command names files where the build left them.
    own = bool(overrides.start)
    path = APP_DIR if own else artifact.path
    listening = find_port(tree, _PORTS, overrides) if artifact.framework == NAME else Listening()
    collect = () if own else (Step(artifact.collect, always=True),)
    return LanguagePlan(
        language=NAME,
        framework=artifact.framework,
        versions=(version, *gradle),
        toolchain=Toolchain(
            name=NAME,
            image=image,
            env=tool.env,
            env_prefixes=("MAVEN_", "GRADLE_", "ORG_GRADLE_"),
            # No install: Maven and Gradle find what they downloaded before in the cache, and their
            # commands that only download miss what plugins ask for later.
            build=(Step(_build(tool, artifact), caches=(tool.cache,)), *collect),
        ),
        run_image=image_of("java", version.version, overrides.images),
        carries=(Carry(BUILD, path, APP_DIR),),
        start=artifact.start,
        port=listening.port,
        reasons=(
            Reason("Java", tool.manifest),
            Reason(f"framework {artifact.framework}", artifact.why),
            *(() if overrides.build else (Reason(f"build: {_build(tool, artifact)}", tool.why),)),
            *listening.reasons,
        ),
        warnings=(*warnings, *listening.warnings),
        notes=tool.notes,
    )


def _build(tool: BuildTool, artifact: Artifact) -> str:
    return f"{tool.command} {artifact.task}".strip()


def _build_image(
    tool: BuildTool, java: str, overrides: Overrides
) -> tuple[str, tuple[Version, ...]]:
    """The image with the JDK and, where no wrapper brings it, the build tool."""
    if tool.wrapped:
        return image_of("java-jdk", java, overrides.images), ()
    if tool.name == "maven":
        return image_of("maven", java, overrides.images), ()
    wanted = overrides.version("gradle")
    line = wanted.text.split(".")[0] if wanted else "8"
    gradle = Version("gradle", line, wanted.origin if wanted else "the default")
    return image_of("gradle", f"{line}-jdk{java}", overrides.images), (gradle,)
