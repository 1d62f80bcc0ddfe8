"""The shapes of JVM apps, each with the plan that it gets."""

from collections.abc import Callable, Mapping

import pytest

from sotabox.builds.detect import detect
from sotabox.builds.dockerfile import RenderOptions, render_dockerfile
from sotabox.builds.plan import BuildPlan
from sotabox.builds.source import MemoryTree

SPRING = """<project><parent><groupId>org.springframework.boot</groupId></parent>
<properties><java.version>{java}</java.version></properties></project>"""
MAVEN_WRAPPER = {"mvnw": "", ".mvn/wrapper/maven-wrapper.properties": "distributionUrl=x"}
GRADLE_WRAPPER = {
    "gradlew": "",
    "gradle/wrapper/gradle-wrapper.jar": "",
    "gradle/wrapper/gradle-wrapper.properties": "distributionUrl=https\\://h/gradle-{v}-bin.zip",
}


def plan(files: Mapping[str, str], env: Mapping[str, str] | None = None) -> BuildPlan:
    return detect(MemoryTree(files), env=env)


def dockerfile(built: BuildPlan) -> str:
    return render_dockerfile(built, RenderOptions(project="p1"))


def wrapper(version: str) -> dict[str, str]:
    return {path: text.replace("{v}", version) for path, text in GRADLE_WRAPPER.items()}


def versions(built: BuildPlan) -> dict[str, str]:
    return {version.tool: version.version for version in built.versions}


def test_java_spring_with_maven_wrapper_is_built_by_it(golden: Callable[[str, str], None]) -> None:
    """A Spring Boot app with its wrapper needs nothing else (shape 39)."""
    built = plan({"pom.xml": SPRING.format(java="17"), **MAVEN_WRAPPER})
    assert (built.language, built.framework) == ("java", "spring-boot")
    assert versions(built) == {"java": "17"}
    assert built.start
    assert "-Dserver.port=$PORT -jar app.jar" in built.start
    golden("java-maven-wrapper", dockerfile(built))


def test_java_incomplete_wrapper_is_not_run() -> None:
    """A script without its properties would fail: Maven's own image builds, and a note says so."""
    built = plan({"pom.xml": SPRING.format(java="21"), "mvnw": ""})
    assert "FROM maven:3-eclipse-temurin-21" in dockerfile(built)
    assert any("mvnw is not used" in note for note in built.notes)


def test_java_gradle_wrapper_brings_gradle(golden: Callable[[str, str], None]) -> None:
    """The app's own Gradle builds it, on a Java that this Gradle runs on."""
    build = "plugins { id 'org.springframework.boot' version '3.3.0' }"
    built = plan({"build.gradle": build, "settings.gradle": "", **wrapper("8.10")})
    assert built.framework == "spring-boot"
    assert versions(built) == {"java": "21"}
    golden("java-gradle-wrapper", dockerfile(built))


@pytest.mark.parametrize(
    ("gradle", "java"),
    [("4.10.2", "8"), ("6.9", "11"), ("7.6", "17"), ("8.4", "17"), ("8.5", "21")],
)
def test_java_old_gradle_gets_a_java_it_runs_on(gradle: str, java: str) -> None:
    """Gradle 4 does not start on Java 21."""
    assert versions(plan({"build.gradle": "", **wrapper(gradle)})) == {"java": java}


@pytest.mark.parametrize(
    ("files", "java"),
    [
        ({".java-version": "17.0"}, "17"),
        ({"system.properties": "java.runtime.version=11"}, "11"),
        ({".sdkmanrc": "java=21.0.2-tem"}, "21"),
        ({".tool-versions": "java temurin-17.0.9+9"}, "17"),
        ({"pom.xml": "<maven.compiler.source>1.8</maven.compiler.source>"}, "8"),
        ({"pom.xml": "<maven.compiler.release>16</maven.compiler.release>"}, "21"),
        ({"pom.xml": "<maven.compiler.release>24</maven.compiler.release>"}, "25"),
        ({"pom.xml": "<!-- <java.version>8</java.version> -->"}, "21"),
    ],
)
def test_java_version_is_read_from_where_people_put_it(files: Mapping[str, str], java: str) -> None:
    """A compile target without an image of its own is built by the next line that has one."""
    assert versions(plan({"pom.xml": "", **files})) == {"java": java}


@pytest.mark.parametrize("java", ["17", "24"])
def test_java_gradle_toolchain_is_a_version(java: str) -> None:
    """What Gradle would look for on the machine is the image: it takes no newer one."""
    build = f"java {{ toolchain {{ languageVersion = JavaLanguageVersion.of({java}) }} }}"
    assert versions(plan({"build.gradle.kts": build})) == {"java": java, "gradle": "8"}


def test_java_variable_beats_the_manifest() -> None:
    """What a person set today wins."""
    built = plan({"pom.xml": SPRING.format(java="17")}, {"RAILPACK_JDK_VERSION": "25"})
    assert versions(built) == {"java": "25"}


def test_java_quarkus_is_started_by_its_runner() -> None:
    """Quarkus leaves a folder, not a jar, and has its own names for the port."""
    built = plan({"pom.xml": "<groupId>io.quarkus.platform</groupId>"})
    assert built.framework == "quarkus"
    assert built.start
    assert built.start.endswith("-Dquarkus.http.port=$PORT -jar quarkus-run.jar")


def test_java_gradle_application_is_installed() -> None:
    """A program without a fat jar is started by the script that Gradle makes."""
    built = plan({"build.gradle.kts": "plugins {\n  kotlin\n  application\n}\n"})
    assert built.start == 'JAVA_OPTS="-XX:MaxRAMPercentage=75 $JAVA_OPTS" ./start'
    assert "installDist" in dockerfile(built)


def test_java_own_start_command_finds_the_jar_where_the_build_left_it() -> None:
    """`web: java -jar target/x.jar` works as it does elsewhere."""
    built = plan({"pom.xml": "", "Procfile": "web: java -jar target/x.jar"})
    assert built.start == "java -jar target/x.jar"
    assert "COPY --chown=10001:10001 --from=build /app /app" in dockerfile(built)


def test_java_production_profile_is_used_only_where_it_is_declared() -> None:
    """Maven 4 fails on a profile that isn't there."""
    assert "-Pproduction" not in dockerfile(plan({"pom.xml": ""}))
    assert "-Pproduction" in dockerfile(plan({"pom.xml": "<profile><id>production</id>"}))


def test_java_own_build_command_still_yields_the_jar() -> None:
    """Whoever sets only the build command needn't say how its jar is started."""
    text = dockerfile(plan({"pom.xml": "", "sotabox.toml": 'build = "mvn -q verify"'}))
    assert "target=/root/.m2,sharing=locked mvn -q verify\n" in text
    assert "/out/app.jar" in text
    assert "-DskipTests" not in text


@pytest.mark.parametrize(
    "build",
    ['plugins { id("io.micronaut.application") version "4.4.2" }', "plugins { application }"],
)
def test_gradle_application_is_installed_and_started(build: str) -> None:
    """Plugins that make a program are known in any way to write them; Micronaut is told its port."""
    start = plan({"build.gradle.kts": build}).start or ""
    assert start.endswith("./start")
    assert ("MICRONAUT_SERVER_PORT=$PORT" in start) is ("micronaut" in build)
