"""Go apps and the plans that they get."""

from collections.abc import Callable, Mapping

import pytest

from sotabox.builds.detect import detect
from sotabox.builds.dockerfile import RenderOptions, render_dockerfile
from sotabox.builds.overrides import Overrides
from sotabox.builds.plan import BuildPlan
from sotabox.builds.source import MemoryTree
from sotabox.errors import UnknownApp

MAIN = "package main\n\nfunc main() {}\n"


def module(path: str = "example.com/kite", version: str = "1.24.2") -> str:
    return f"module {path}\n\ngo {version}\n"


def plan(files: Mapping[str, str], env: Mapping[str, str] | None = None, **set_: str) -> BuildPlan:
    return detect(MemoryTree(files), Overrides(**set_), env)  # type: ignore[arg-type]


def dockerfile(built: BuildPlan) -> str:
    return render_dockerfile(built, RenderOptions(project="p1"))


WORKSPACE = {
    "go.work": "go 1.24\n\nuse (\n\t./gateway // first\n\t./shared\n)\n",
    "gateway/go.mod": module("example.com/gateway"),
    "gateway/main.go": MAIN,
    "shared/go.mod": module("example.com/shared"),
    "shared/words.go": "package shared\n",
}


def test_go_several_commands_take_the_serving_one(golden: Callable[[str, str], None]) -> None:
    """Of cmd/migrate and cmd/server the server is started (shape 33)."""
    built = plan({"go.mod": module(), "cmd/migrate/main.go": MAIN, "cmd/server/main.go": MAIN})
    assert (built.language, built.framework) == ("go", "go")
    assert built.versions[0].version == "1.25"
    assert built.start == "/app/server"
    assert built.toolchain
    assert built.toolchain.build[0].run.partition(" && ")[0].endswith(" ./cmd/server")
    golden("go-module", dockerfile(built))


def test_go_main_in_the_root_lies_beside_its_files() -> None:
    """Templates are found where the program runs; sources stay out (shape 34)."""
    built = plan({"go.mod": module(), "main.go": MAIN, "templates/a.html": ""})
    assert (built.start, built.work_dir) == ("/app/kite", "/app")
    assert "find . -type f \\( -name '*.go' \\) -delete" in dockerfile(built)


def test_go_workspace_serves_the_module_with_a_main(golden: Callable[[str, str], None]) -> None:
    """A go.work of an app and a library is the app, in its directory (shape 35)."""
    built = plan(WORKSPACE)
    assert (built.start, built.work_dir) == ("/app/gateway/gateway", "/app/gateway")
    golden("go-workspace", dockerfile(built))


def test_go_root_directory_in_a_workspace_sends_the_whole_of_it() -> None:
    """A module that uses its neighbours builds when only it was named."""
    built = plan(WORKSPACE, root_directory="gateway")
    assert (built.context_root, built.root_directory) == ("", "gateway")
    assert built.start == "/app/gateway/gateway"


@pytest.mark.parametrize(
    ("files", "version"),
    [
        ({"go.mod": module(version="1.21")}, "1.25"),
        ({"go.mod": module(version="1.27")}, "1.27"),
        ({"go.mod": module(), ".go-version": "go1.24.3\n"}, "1.24.3"),
        ({"go.mod": module(), "mise.toml": '[tools]\ngo = "1.24"\n'}, "1.24"),
    ],
)
def test_go_version_in_the_module_is_a_minimum(files: dict[str, str], version: str) -> None:
    """go.mod's line is met by every newer Go; a version file is a pin."""
    assert plan({**files, "main.go": MAIN}).versions[0].version == version


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (("admin", "kite", "worker"), "kite"),
        (("jobs", "kite-api"), "kite-api"),
        (("api", "server"), "server"),
    ],
)
def test_go_command_is_chosen_by_its_name(names: tuple[str, ...], chosen: str) -> None:
    """A name that says "I serve", or the project's own, wins over the alphabet."""
    files = {f"cmd/{name}/main.go": MAIN for name in names}
    assert plan({"go.mod": module(), **files}).start == f"/app/{chosen}"


def test_go_unclear_commands_take_the_first_with_a_warning() -> None:
    """Whoever gets the wrong program reads how to choose."""
    built = plan({"go.mod": module(), "cmd/alpha/main.go": MAIN, "cmd/beta/main.go": MAIN})
    assert built.start == "/app/alpha"
    assert any("cmd/beta" in warning and "RAILPACK_GO_BIN" in warning for warning in built.warnings)


def test_go_command_named_by_variable_or_procfile() -> None:
    """A person's word wins; a Procfile finds its program at the path that it says."""
    files = {"go.mod": module(), "main.go": MAIN, "cmd/worker/main.go": MAIN}
    assert plan(files, {"RAILPACK_GO_BIN": "worker"}).start == "/app/worker"
    built = plan({**files, "Procfile": "web: bin/worker --serve\n"})
    assert built.start == "bin/worker --serve"
    assert "-o /app/bin/worker ./cmd/worker" in dockerfile(built)


def test_go_unknown_command_is_an_error_that_lists_the_others() -> None:
    """A typo in the variable is answered with what there is."""
    files = {"go.mod": module(), "cmd/server/main.go": MAIN}
    with pytest.raises(UnknownApp) as caught:
        plan(files, {"RAILPACK_GO_BIN": "sever"})
    assert "cmd/server" in str(caught.value.hint)


def test_go_library_is_an_error() -> None:
    """A module without a program can't be started, and the error says what is missing."""
    with pytest.raises(UnknownApp, match="no package of it is 'main'"):
        plan({"go.mod": module(), "kite.go": "package kite\n"})


def test_go_examples_tests_and_ignored_files_are_no_programs() -> None:
    """Only what a build includes counts as a main package."""
    built = plan(
        {
            "go.mod": module(),
            "gen.go": f"//go:build ignore\n\n{MAIN}",
            "main_test.go": MAIN,
            "examples/a/main.go": MAIN,
            "svc/main.go": MAIN,
        }
    )
    assert built.start == "/app/svc.bin"  # beside the directory


def test_go_vendored_modules_are_not_downloaded() -> None:
    """vendor/ is enough, and is not in the image."""
    text = dockerfile(
        plan({"go.mod": module(), "main.go": MAIN, "vendor/modules.txt": "", "vendor/x/x.go": ""})
    )
    assert "go mod download" not in text
    assert "rm -rf vendor" in text


def test_go_module_with_c_inside_gets_the_compiler() -> None:
    """SQLite's driver needs cgo; everything else builds without."""
    assert "CGO_ENABLED=0" in dockerfile(plan({"go.mod": module(), "main.go": MAIN}))
    needs = f"{module()}\nrequire github.com/mattn/go-sqlite3 v1.14.22\n"
    assert "CGO_ENABLED=1" in dockerfile(plan({"go.mod": needs, "main.go": MAIN}))


def test_go_file_without_a_module_builds_with_a_warning() -> None:
    """A lone main.go deploys; its person hears of go.mod."""
    built = plan({"main.go": MAIN})
    assert "go mod init app && go mod tidy && go build" in dockerfile(built)
    assert any("There is no go.mod" in warning for warning in built.warnings)


def test_go_name_that_is_a_directory_is_not_overwritten() -> None:
    """A module called like one of its directories keeps both."""
    assert plan({"go.mod": module(), "main.go": MAIN, "kite/x.txt": ""}).start == "/app/kite.bin"


FRONT_END = '{"scripts": {"build": "vite build"}, "devDependencies": {"vite": "5"}}'


def test_go_embedded_front_end_is_built_before_the_program(
    golden: Callable[[str, str], None],
) -> None:
    """What `//go:embed` wants and the archive lacks is made by Node first."""
    main = "package main\n\n//go:embed all:web/dist\nvar site embed.FS\n"
    built = plan(
        {
            "go.mod": module(),
            "main.go": main,
            "web/package.json": FRONT_END,
            "web/package-lock.json": "{}",
        }
    )
    assert any("main.go embeds web/dist" in reason.why for reason in built.reasons)
    golden("go-embedded", dockerfile(built))


@pytest.mark.parametrize(
    ("path", "pattern", "package", "found"),
    [
        ("main.go", "dist/*", "package.json", True),
        ("ui/ui.go", "all:dist", "ui/package.json", True),
        ("internal/web/web.go", "dist", "frontend/package.json", True),
        ("main.go", '"web/dist" templates/*.html', "web/package.json", True),
        ("main.go", "templates/*.html", "package.json", False),
    ],
)
def test_go_front_end_is_found_where_it_is(
    path: str, pattern: str, package: str, found: bool
) -> None:
    """In the root, beside the package that embeds it, or elsewhere; not for what lies there."""
    built = plan(
        {
            "go.mod": module(),
            "main.go": MAIN,
            "templates/a.html": "",
            "web/dist/.gitkeep": "",
            package: FRONT_END,
            path: f"package main\n\n//go:embed {pattern}\nvar files embed.FS\n",
        }
    )
    assert bool(built.helpers) is found


def test_go_program_that_calls_c_gets_the_compiler() -> None:
    """`import "C"` needs no library's name to be seen."""
    built = plan({"go.mod": module(), "main.go": 'package main\n\nimport "C"\n'})
    assert built.toolchain
    assert built.toolchain.env["CGO_ENABLED"] == "1"
