"""The shapes of Deno apps, each with the plan that it gets."""

from collections.abc import Callable, Mapping

import pytest

from sotabox.builds.detect import detect
from sotabox.builds.dockerfile import RenderOptions, render_dockerfile
from sotabox.builds.plan import BuildPlan, Static
from sotabox.builds.source import MemoryTree
from sotabox.errors import UnknownApp


def plan(files: Mapping[str, str], env: Mapping[str, str] | None = None) -> BuildPlan:
    return detect(MemoryTree(files), env=env)


def dockerfile(built: BuildPlan) -> str:
    return render_dockerfile(built, RenderOptions(project="p1"))


def test_deno_task_is_the_start_command(golden: Callable[[str, str], None]) -> None:
    """A start task says how the app starts, even beside a package.json (shape 42)."""
    built = plan(
        {
            "deno.json": '{"tasks": {"start": "deno run -A main.ts"}}',
            "deno.lock": "{}",
            "package.json": '{"dependencies": {}}',
            "main.ts": "",
        }
    )
    assert (built.language, built.framework, built.start) == ("deno", "deno", "deno task start")
    assert built.run_env["DENO_SERVE_ADDRESS"] == "tcp:0.0.0.0:8080"
    golden("deno-task", dockerfile(built))


@pytest.mark.parametrize(
    ("files", "start"),
    [
        ({"main.ts": "Deno.serve(() => new Response())"}, "deno run -A main.ts"),
        ({"src/server.tsx": ""}, "deno run -A src/server.tsx"),
        (
            {"main.ts": "export default { fetch() {} }"},
            "deno serve -A --host 0.0.0.0 --port $PORT main.ts",
        ),
    ],
)
def test_deno_main_file_is_started(files: Mapping[str, str], start: str) -> None:
    """Without a task the main file is run, or served if it only exports a handler."""
    assert plan({"deno.json": "{}", **files}).start == start


def test_deno_json_of_a_node_app_is_only_tooling() -> None:
    """Formatting a Node app by Deno doesn't make it Deno's."""
    built = plan(
        {
            "deno.json": '{"fmt": {}}',
            "package.json": '{"scripts": {"start": "node web.js"}}',
            "web.js": "",
        }
    )
    assert built.language == "node"
    assert any("deno.json has no tasks" in reason.why for reason in built.reasons)


def test_deno_packages_named_in_code_are_fetched_with_the_source() -> None:
    """What only the code names is there before the app starts: it may have no network then."""
    text = dockerfile(plan({"deno.json": "{}", "main.ts": 'import { x } from "jsr:@std/x"'}))
    assert "RUN deno cache main.ts" in text
    assert "--from=build /deno-dir /deno-dir" in text


def test_deno_comments_in_the_configuration_are_allowed() -> None:
    """`deno.jsonc` is JSON with comments and last commas."""
    config = '{ // tasks\n "tasks": {"start": "deno run https://x/y.ts",}, /* end */ }'
    assert plan({"deno.jsonc": config}).start == "deno task start"


@pytest.mark.parametrize(("wish", "version"), [("2", "2.5.6"), ("2.1.4", "2.1.4"), ("1", "1.46.3")])
def test_deno_versions_are_whole(wish: str, version: str) -> None:
    """Deno's images have no tags of lines."""
    built = plan({"deno.json": "{}", "main.ts": "", ".deno-version": wish})
    assert built.versions[0].version == version


def test_deno_without_anything_to_start_says_what_was_looked_for() -> None:
    """Tasks, but none that starts."""
    with pytest.raises(UnknownApp, match="a task 'start'"):
        plan({"deno.json": '{"tasks": {"lint": "deno lint"}}'})


@pytest.mark.parametrize(
    ("files", "start"),
    [
        ({"deno.lock": "{}", "main.ts": "Deno.serve(() => new Response())"}, "deno run -A main.ts"),
        ({"server.ts": 'import { Hono } from "jsr:@hono/hono"'}, "deno run -A server.ts"),
        (
            {
                "deno.json": '{"tasks": {"start": "deno run -A --watch dev.ts", "preview": "deno run -A main.ts"}}',
                "main.ts": "",
            },
            "deno task preview",
        ),
        (
            {"deno.json": '{"tasks": {"start": "deno run --watch main.ts"}}', "main.ts": ""},
            "deno run -A main.ts",
        ),
    ],
)
def test_deno_app_is_started_as_in_production(files: dict[str, str], start: str) -> None:
    """A main file that calls Deno is enough; a task that watches files is for development."""
    built = plan(files)
    assert (built.language, built.start) == ("deno", start)


def test_deno_lume_site_is_served_as_files() -> None:
    """A generator's site needs no Deno when it runs."""
    config = (
        '{"imports": {"lume/": "https://deno.land/x/lume/"}, "tasks": {"build": "deno run lume"}}'
    )
    built = plan({"deno.json": config})
    assert built.static == Static(root="_site", built=True)
