"""From a tree to a plan: the order of decisions."""

import types
from collections.abc import Sequence

import pytest

from sotabox.builds.detect import LANGUAGES, detect
from sotabox.builds.languages import static
from sotabox.builds.overrides import Overrides
from sotabox.builds.plan import (
    BUILD,
    DEPENDENCIES,
    SOURCE,
    BuildMethod,
    BuildPlan,
    Carry,
    LanguagePlan,
    Reason,
    Static,
    Step,
    Toolchain,
)
from sotabox.builds.source import MemoryTree, Tree
from sotabox.builds.verdict import Declined, Language
from sotabox.errors import Invalid, UnknownApp


def language(
    name: str, strong: Sequence[str], weak: Sequence[str] = (), **fields: object
) -> Language:
    """A language whose plan has the given fields; `declined` makes it decline."""

    def plan(_tree: Tree, _overrides: Overrides) -> LanguagePlan | Declined:
        if why := fields.get("declined"):
            return Declined(str(why))
        values = {"run_image": "base", "start": f"run-{name}"} | fields
        return LanguagePlan(language=name, **values)  # type: ignore[arg-type]

    return types.SimpleNamespace(NAME=name, STRONG=tuple(strong), WEAK=tuple(weak), plan=plan)  # type: ignore[return-value]


ALPHA = language("alpha", ["alpha.toml"], ["main.al"])
BETA = language("beta", ["beta.json"], ["index.be"])


def plan(files: dict[str, str], *languages: Language, **set_: object) -> BuildPlan:
    return detect(
        MemoryTree(files),
        Overrides(**set_),  # type: ignore[arg-type]
        languages=languages or (ALPHA, BETA, static),
    )


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"alpha.toml": "", "beta.json": ""}, "alpha"),
        ({"main.al": "", "beta.json": ""}, "beta"),
        ({"main.al": "", "index.be": ""}, "alpha"),
        ({"index.be": "", "index.html": ""}, "beta"),
        ({"public/index.html": ""}, "static"),
        ({"beta.json": "", "public/index.html": ""}, "beta"),
    ],
)
def test_detect_manifests_are_asked_before_source_files(files: dict[str, str], found: str) -> None:
    """A stray main file doesn't beat a manifest."""
    assert plan(files).language == found


def test_detect_dockerfile_wins() -> None:
    """Whoever brings a Dockerfile has decided (shape 46)."""
    found = plan({"Dockerfile": "FROM a\nEXPOSE 3000 4000", "alpha.toml": "", "Procfile": "web: x"})
    assert found.build_method is BuildMethod.DOCKERFILE
    assert (found.framework, found.dockerfile, found.port, found.start) == (
        None,
        "Dockerfile",
        3000,
        None,
    )
    assert found.notes == ("The Procfile is not read beside a Dockerfile",)


def test_detect_dockerfile_can_be_set_aside() -> None:
    """`builder = "auto"` builds the app although it has a Dockerfile."""
    files = {"Dockerfile": "FROM a", "alpha.toml": "", "sotabox.toml": 'builder = "auto"'}
    assert plan(files).language == "alpha"


def test_detect_dockerfile_elsewhere_is_named() -> None:
    """A Dockerfile in a directory keeps the root as its context."""
    files = {
        "docker/Dockerfile": "FROM a",
        "sotabox.toml": 'dockerfile = "docker/Dockerfile"\nport = 81',
    }
    found = plan(files)
    assert (found.dockerfile, found.context_root, found.port) == ("docker/Dockerfile", "", 81)
    with pytest.raises(Invalid, match="not in the archive"):
        plan({"alpha.toml": ""}, dockerfile="nowhere/Dockerfile")
    with pytest.raises(UnknownApp, match="no Dockerfile"):
        plan({"alpha.toml": ""}, builder="dockerfile")


def test_detect_procfile_web_is_the_start_command() -> None:
    """web starts, release runs before the swap, others are named (shape 45)."""
    found = plan({"alpha.toml": "", "Procfile": "web: serve it\nworker: w\nrelease: migrate"})
    assert (found.start, found.release, found.processes) == ("serve it", "migrate", {"worker": "w"})
    assert "The Procfile's other processes are not started: worker" in found.notes
    assert Reason("start command serve it", "the Procfile (web)") in found.reasons


def test_detect_settings_beat_the_procfile() -> None:
    """Project settings, then variables, then sotabox.toml, then the Procfile."""
    files = {"alpha.toml": "", "Procfile": "web: p", "sotabox.toml": 'start = "t"'}
    assert plan(files).start == "t"
    env = {"RAILPACK_START_CMD": "v"}
    assert detect(MemoryTree(files), env=env, languages=[ALPHA]).start == "v"
    assert plan(files, start="s").start == "s"


def test_detect_single_directory_is_entered() -> None:
    """An archive of a directory is the directory (shape 47)."""
    found = plan({"mysite/index.html": "", "mysite/about.html": ""})
    assert (found.language, found.root_directory, found.context_root) == (
        "static",
        "mysite",
        "mysite",
    )
    assert plan({"a/b/alpha.toml": "", "a/b/x": ""}).root_directory == "a/b"
    inner = plan({"app/alpha.toml": "", "app/sotabox.toml": 'start = "inner"'})
    assert inner.start == "inner"


def test_detect_root_directory_is_analysed_and_sent() -> None:
    """A monorepo's app is chosen by a setting, and its own file speaks first."""
    files = {
        "apps/web/alpha.toml": "", "apps/web/sotabox.toml": "port = 1", "beta.json": "",
        "sotabox.toml": 'root = "apps/web"\nport = 2',
    }  # fmt: skip
    found = plan(files)
    assert (found.language, found.root_directory, found.port) == ("alpha", "apps/web", 1)
    assert plan(files | {"sotabox.toml": 'root = "./apps/web/"'}).root_directory == "apps/web"
    with pytest.raises(Invalid, match="not in the archive"):
        plan({"alpha.toml": ""}, root_directory="nowhere")


def test_detect_several_apps_asks_for_the_root_directory() -> None:
    """Two apps in directories: the error names both (shape 48)."""
    with pytest.raises(UnknownApp) as caught:
        plan({"frontend/beta.json": "", "backend/alpha.toml": ""})
    assert "backend and frontend: set the root directory" in (caught.value.hint or "")


def test_detect_nothing_says_found_looked_for_and_ways_out() -> None:
    """The error is enough to go on."""
    with pytest.raises(UnknownApp) as caught:
        plan({"notes.txt": "", "src/deep/x.c": "", "src/y.c": ""})
    message, hint = caught.value.message, caught.value.hint or ""
    assert "Found: notes.txt, src/y.c, src/deep/" in message
    assert "Looked for: Dockerfile, alpha.toml, beta.json, Staticfile" in message
    assert "start command" in hint
    assert "Dockerfile" in hint
    assert "docs/builds.md" in hint


def test_detect_empty_tree_is_an_unknown_app() -> None:
    """Nothing in, a clear error out."""
    with pytest.raises(UnknownApp, match="Found: nothing"):
        plan({})


def test_detect_declined_language_leaves_its_why() -> None:
    """Why the obvious language was not taken is in the plan, or in the error."""
    gamma = language("gamma", ["alpha.toml"], declined="alpha.toml holds only tool settings")
    reasons = plan({"alpha.toml": "", "beta.json": ""}, gamma, BETA).reasons
    assert Reason("not gamma", "alpha.toml holds only tool settings") in reasons
    with pytest.raises(UnknownApp, match=r"Not gamma: alpha\.toml holds only tool settings"):
        plan({"alpha.toml": ""}, gamma, BETA)


def test_detect_app_without_start_asks_for_one() -> None:
    """Judged only after all places that may give one."""
    lost = language("lost", ["lost.toml"], start=None, no_start="Looked for a main file.")
    with pytest.raises(UnknownApp, match=r"lost app.*Looked for a main file\.") as caught:
        plan({"lost.toml": ""}, lost)
    assert "Procfile" in (caught.value.hint or "")
    assert plan({"lost.toml": "", "Procfile": "web: go"}, lost).start == "go"


def test_detect_literal_port_and_loopback_are_replaced_and_told() -> None:
    """The commonest 502s do not happen."""
    found = plan({"alpha.toml": "", "Procfile": "web: serve -p 3000 -H localhost"})
    assert (found.start, found.port) == ("serve -p $PORT -H 0.0.0.0", 8080)
    assert "The port 3000 in the start command became $PORT (8080)" in found.notes
    assert any(note.startswith("localhost in the start command") for note in found.notes)


def test_detect_railpack_is_chosen_by_setting() -> None:
    """The alternative builder decides by itself."""
    assert plan({"x": ""}, builder="railpack").build_method is BuildMethod.RAILPACK


def test_detect_stray_variable_warns() -> None:
    """A variable without effect on this app is named."""
    found = detect(
        MemoryTree({"index.html": ""}), env={"RAILPACK_NODE_VERSION": "1", "RAILPACK_GO_BIN": "x"}
    )
    assert found.warnings == ("The variable RAILPACK_GO_BIN has no effect on a static app",)


TOOL = Toolchain(name="alpha", image="tool", files=("alpha.toml",), install=(Step("get"),))


def test_detect_build_command_on_an_interpreted_app_carries_what_it_built() -> None:
    """A build that a person adds has an effect on the image."""
    carries = (Carry(DEPENDENCIES, "/opt/deps", "/opt/deps"), Carry(SOURCE, ".", "/app"))
    alpha = language("alpha", ["alpha.toml"], toolchain=TOOL, carries=carries)
    found = plan({"alpha.toml": ""}, alpha, build="make")
    assert found.carries == (carries[0], Carry(BUILD, "/app", "/app"))
    assert found.toolchain is not None
    assert found.toolchain.build == (Step("make"),)
    assert plan({"alpha.toml": ""}, alpha).carries == carries


def test_detect_build_command_without_toolchain_makes_one() -> None:
    """Even an app that needs no building can be built."""
    found = plan({"alpha.toml": ""}, ALPHA, build="make", build_packages=("gcc",))
    assert found.toolchain == Toolchain(
        name="alpha", image="base", packages=("gcc",), build=(Step("make"),)
    )
    assert found.carries == (Carry(BUILD, "/app", "/app"),)


def test_detect_packages_are_added() -> None:
    """System packages come on top of what the language needs."""
    alpha = language("alpha", ["alpha.toml"], run_packages=("libpq5",))
    assert plan({"alpha.toml": ""}, alpha, packages=("ffmpeg",)).run_packages == (
        "libpq5",
        "ffmpeg",
    )


@pytest.mark.parametrize(
    ("files", "root", "fallback"),
    [
        ({"index.html": "", "public/index.html": ""}, "", False),
        ({"dist/index.html": "", "site/index.html": ""}, "dist", False),
        ({"Staticfile": "root: site\nindex_fallback: true\n", "site/index.html": ""}, "site", True),
        ({"Staticfile": 'root: "./site" # x', "site/index.html": ""}, "site", False),
        ({"Staticfile": "", "_site/index.html": ""}, "_site", False),
        ({"www/page.html": "", "sotabox.toml": '[static]\nroot = "www"\nspa = true'}, "www", True),
        ({"Staticfile": "index_fallback: true", "index.html": "", "sotabox.toml": "[static]\nspa = false"}, "", False),
    ],
)  # fmt: skip
def test_detect_static_site_root(files: dict[str, str], root: str, fallback: bool) -> None:
    """Setting, Staticfile, root, the usual folders (shape 43)."""
    found = plan(files)
    assert found.framework == "static"
    assert found.static == Static(root=root, fallback=fallback)


def test_detect_static_root_must_exist() -> None:
    """A wrong folder is an error now, not an empty site later."""
    with pytest.raises(Invalid, match="no such directory"):
        plan({"Staticfile": "root: nowhere"})


def test_detect_site_with_a_start_command_is_no_static_site() -> None:
    """A start command is never dropped silently."""
    with pytest.raises(UnknownApp, match="gives a start command, so it is no static site"):
        plan({"index.html": "", "Procfile": "web: ./serve"})


def test_languages_have_the_shape_of_one() -> None:
    """Every module in the list can be asked."""
    names = [module.NAME for module in LANGUAGES]
    assert len(names) == len(set(names))
    for module in LANGUAGES:
        assert module.STRONG or module.WEAK
        assert callable(module.plan)


def test_plan_survives_its_row() -> None:
    """What is stored with a deployment is read back as it was."""
    found = plan(
        {"alpha.toml": ""}, language("alpha", ["alpha.toml"], toolchain=TOOL), build="make"
    )
    assert BuildPlan.from_json(found.to_json()) == found
    newer = found.to_dict() | {"of_tomorrow": 1}
    assert BuildPlan.from_dict(newer) == found


def test_directory_beside_what_is_only_written_about_it_is_entered() -> None:
    """A README, a licence and an editor's settings make no second app."""
    about = {"README.md": "", "LICENSE": "", ".github/workflows/a.yml": "", ".gitignore": ""}
    entered = detect(
        MemoryTree({**about, "api/go.mod": "module x\n", "api/main.go": "package main\n"})
    )
    assert (entered.language, entered.root_directory) == ("go", "api")


@pytest.mark.parametrize(
    ("file", "name", "image"),
    [
        ("pubspec.yaml", "Dart", "FROM dart"),
        ("Package.swift", "Swift", "FROM swift"),
        ("shop.cabal", "Haskell", "FROM haskell"),
        ("compose.yaml", "no builder here: each service is a project", "Add a Dockerfile."),
    ],
)
def test_language_without_a_builder_is_called_by_its_name(file: str, name: str, image: str) -> None:
    """The error says what was recognised, and what a Dockerfile begins with."""
    with pytest.raises(UnknownApp, match=name) as caught:
        detect(MemoryTree({file: "", "src/main.txt": ""}))
    assert image in (caught.value.hint or "")
