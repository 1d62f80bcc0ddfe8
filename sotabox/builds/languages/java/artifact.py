"""What a build leaves that can be started, found when it is there: its name holds a version."""

import re
from dataclasses import dataclass
from typing import Final

from sotabox.builds.languages.java.tool import BuildTool

_OUT: Final = "/out"
#: Memory follows the container's limit; a person's own options come later and win.
_JAVA: Final = "java -XX:MaxRAMPercentage=75 $JAVA_OPTS"

#: The biggest jar that says which class to start: one with its dependencies is bigger than one
#: without. Names of those that only look like it are left out.
_COLLECT_JAR: Final = r"""mkdir -p /out && \
for jar in $(find . -type f \( -path '*/{folder}/*.jar' -o -path '*/{folder}/*.war' \) \
  ! -name '*-plain.?ar' ! -name '*-sources.jar' ! -name '*-javadoc.jar' ! -name '*-tests.jar' \
  ! -name 'original-*' ! -name '*.original' -printf '%s %p\n' | sort -rn | cut -d' ' -f2-); do \
  if (cd /tmp && rm -rf META-INF && jar xf "/app/$jar" META-INF/MANIFEST.MF \
    && grep -q '^Main-Class:' META-INF/MANIFEST.MF); then cp "$jar" /out/app.jar; break; fi; \
done && { [ -f /out/app.jar ] || { echo 'sotabox: the build made no jar with a Main-Class; found:'; \
  find . -path '*/{folder}/*.?ar'; exit 1; }; }"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """What is built and started.

    `task` is the build tool's; `collect` (shell) leaves what is needed in `path`, from which `start`
    runs.
    """

    framework: str
    why: str
    task: str
    collect: str
    path: str = _OUT
    start: str


def choose_artifact(tool: BuildTool) -> Artifact:
    """The artifact that the build files speak of."""
    task = "package" if tool.name == "maven" else "build -x check -x test"
    folder = "target" if tool.name == "maven" else "build/libs"
    where = f"in {tool.manifest}"
    if "io.quarkus" in tool.text and not re.search(
        r"uber-jar|quarkus\.package\.type>fast", tool.text
    ):
        base = "target" if tool.name == "maven" else "build"
        return Artifact(
            framework="quarkus",
            why=f"io.quarkus {where}",
            task=task,
            collect=f"mkdir -p {_OUT} && cp -r $(find . -type d -path '*/{base}/quarkus-app' | head -n 1)/. {_OUT}/",
            start=f"{_JAVA} -Dquarkus.http.host=0.0.0.0 -Dquarkus.http.port=$PORT -jar quarkus-run.jar",
        )
    collect = " ".join(_COLLECT_JAR.replace("{folder}", folder).replace("\\\n", "").split())
    if "org.springframework.boot" in tool.text:
        return Artifact(
            framework="spring-boot",
            why=f"org.springframework.boot {where}",
            task=task,
            collect=collect,
            start=f"{_JAVA} -Dserver.port=$PORT -jar app.jar",
        )
    # Micronaut reads its settings from variables, too.
    port = "MICRONAUT_SERVER_PORT=$PORT " if "io.micronaut" in tool.text else ""
    if tool.name == "gradle" and _installs(tool.text):
        return Artifact(
            framework="java",
            why=f"the plugin application {where}",
            task="installDist -x test",
            # The program's name is the project's: a link of our own stands for it.
            collect=(
                f"mkdir -p {_OUT} && cp -r $(find . -type d -path '*/build/install/*' -prune | head -n 1)/. {_OUT}/"
                f" && cd {_OUT} && ln -s \"bin/$(ls bin | grep -v '\\.bat$' | head -n 1)\" start"
            ),
            start=f'{port}JAVA_OPTS="-XX:MaxRAMPercentage=75 $JAVA_OPTS" ./start',
        )
    return Artifact(
        framework="java",
        why=f"io.micronaut {where}" if port else f"no framework {where}",
        task=task,
        collect=collect,
        start=f"{port}{_JAVA} -Dserver.port=$PORT -jar app.jar",
    )


def _installs(text: str) -> bool:
    """Whether Gradle's plugin `application` (or Ktor's) makes a program, and no fat jar does."""
    if re.search(r"shadow(Jar)?\b|com\.gradleup\.shadow|com\.github\.johnrengelman", text):
        return False
    return (
        re.search(
            r"""(?:id\s*\(?\s*["'](?:application|io\.micronaut\.application)["']|plugins\s*\{[^{}]*\bapplication\b|^[ \t]*application[ \t]*$|apply plugin:\s*["']application|`?application`?\s*\n|mainClass)""",
            text,
            re.MULTILINE,
        )
        is not None
    )
