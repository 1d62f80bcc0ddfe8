"""Start scripts, followed to what runs in production."""

import pytest

from sotabox.builds.languages.node.manifest import Manifest
from sotabox.builds.languages.node.scripts import (
    Script,
    follow_script,
    is_plain_node,
    program_of,
    reachable_text,
)


def follow(start: str, **others: str) -> Script:
    script = follow_script(Manifest(scripts={"start": start, **others}), "start")
    assert script is not None
    return script


@pytest.mark.parametrize(
    ("written", "runs"),
    [
        ("node server.js", "node server.js"),
        ("nodemon app.js", "node app.js"),
        ("nodemon -q --watch src app.js", "node app.js"),
        ("nodemon --exec 'ts-node' src/a.ts", "ts-node src/a.ts"),
        ("nodemon src/a.ts", "ts-node src/a.ts"),
        ("node --watch app.js", "node app.js"),
        ("node --watch-path=./src app.js", "node app.js"),
        ("tsx watch src/a.ts", "tsx src/a.ts"),
        ("ts-node-dev --respawn src/a.ts", "ts-node src/a.ts"),
        ("bun --hot src/a.ts", "bun src/a.ts"),
        ("cross-env NODE_ENV=production node a.js", "NODE_ENV=production node a.js"),
        ("dotenv -e .env -- node a.js", "node a.js"),
        ("node --env-file=.env a.js", "node a.js"),
        ("npx tsx a.ts", "tsx a.ts"),
        ("npm run build && node dist/a.js", "node dist/a.js"),
        ("tsc -p . && node dist/a.js", "node dist/a.js"),
        ("tsc && tsc-alias && node dist/a.js", "node dist/a.js"),
        ("next build && next start", "next start"),
        ("npm run migrate && npm run build && node a.js", "npm run migrate && node a.js"),
    ],
)
def test_start_script_is_freed_of_development(written: str, runs: str) -> None:
    """Watchers, wrappers, `.env` files and a build before the start have no place on a server."""
    assert follow(written).command == runs


def test_start_script_that_names_another_is_followed() -> None:
    """`npm run serve` is what `serve` says, without a manager between the app and its signals."""
    assert follow("npm run serve", serve="yarn web", web="node a.js").command == "node a.js"


def test_start_script_that_calls_itself_ends() -> None:
    """A circle of scripts is left as it stands instead of being followed for ever."""
    assert follow("npm run a", a="npm run b", b="npm run a").command.startswith("npm run")


def test_start_script_tells_what_was_changed() -> None:
    """Whoever wonders why nodemon does not run finds a note in the log."""
    assert follow("nodemon app.js").notes == (
        "The start script watches files (nodemon app.js); node app.js runs instead",
    )
    assert follow("node app.js").notes == ()


def test_missing_script_is_none() -> None:
    """An empty script starts nothing."""
    assert follow_script(Manifest(scripts={"start": " "}), "start") is None


@pytest.mark.parametrize(
    ("command", "plain"),
    [
        ("node a.js", True),
        ("NODE_ENV=x node --max-old-space-size=200 a.js", True),
        ("node -r ts-node/register a.ts", False),
        ("node --import tsx a.ts", False),
        ("tsx a.ts", False),
        ("node a.js && node b.js", False),
        ("next start", False),
    ],
)
def test_only_plain_node_does_without_development_dependencies(command: str, plain: bool) -> None:
    """Pruning takes nothing away that the start command imports."""
    assert is_plain_node(command) is plain


def test_program_is_found_behind_assignments_and_directories() -> None:
    """`A=1 ./node_modules/.bin/next start` is Next."""
    assert program_of("A=1 ./node_modules/.bin/next start") == "next"


def test_reachable_text_follows_names_and_hooks() -> None:
    """A tool is found wherever the build script leads."""
    scripts = {
        "build": "run-s clean bundle",
        "prebuild": "echo first",
        "clean": "rimraf dist",
        "bundle": "vite build",
        "test": "vitest",
    }
    text = reachable_text(Manifest(scripts=scripts), "build")
    assert set(text.splitlines()) == {
        "run-s clean bundle",
        "echo first",
        "rimraf dist",
        "vite build",
    }
