"""Servers whose source names a port: the box comes to them, as they don't ask for it."""

from collections.abc import Mapping

import pytest

from sotabox.builds.detect import detect
from sotabox.builds.overrides import Overrides
from sotabox.builds.plan import BuildPlan
from sotabox.builds.source import MemoryTree

HELLO = "const app = express()\nconst port = 3000\napp.listen(port, () => {})\n"


def plan(
    files: Mapping[str, str], dependency: str = "express", port: int | None = None
) -> BuildPlan:
    manifest = f'{{"dependencies": {{"{dependency}": "*"}}, "scripts": {{"start": "node app.js"}}}}'
    return detect(MemoryTree({"package.json": manifest, **files}), Overrides(port=port))


@pytest.mark.parametrize(
    "text",
    [
        HELLO,
        "app.listen(3000)",
        "const PORT: number = 3000;\nserver.listen(PORT, '0.0.0.0')",
        "serve({ fetch: app.fetch, port: 3000 }, (info) => {})",
        "await fastify.listen({ host: '0.0.0.0', port: 3000 })",
        "Bun.serve({\n  port: 3000,\n  fetch() {},\n})",
        "await startStandaloneServer(server, { listen: { port: 3000 } })",
        "const server = Hapi.server({ port: 3000, host: '0.0.0.0' })",
    ],
)
def test_port_that_only_the_source_names_is_where_the_app_is_asked(text: str) -> None:
    """The first example of every tutorial deploys as it is, and the plan says why."""
    built = plan({"app.js": text})
    assert built.port == 3000
    assert any("app.js names it" in reason.why for reason in built.reasons)


@pytest.mark.parametrize(
    "text",
    [
        "app.listen(process.env.PORT || 3000)",
        "const { PORT = 3000 } = process.env\napp.listen(PORT)",
        "app.listen(process.env['APP_PORT'] ?? 3000)",
        "app.listen(config.get('PORT', 3000))",
        "app.listen(3000); admin.listen(4000)",
        "app.listen(80)",
        "app.listen(port)",
        "app.listen(3000, process.env.HOST || 'localhost'); const { PORT = 1 } = process.env",
        "client.connect({ port: 5432 })",
    ],
)
def test_port_that_the_source_asks_for_or_leaves_open_stays_the_box_s(text: str) -> None:
    """Who reads PORT gets it; two ports, a privileged or another server's one are no sign."""
    assert plan({"app.js": text}).port == 8080


def test_port_is_read_in_another_file_than_it_is_named() -> None:
    """Settings in a module of their own count."""
    files = {"app.js": "app.listen(3000)", "config.js": "export const port = process.env.PORT"}
    assert plan(files).port == 8080


def test_port_of_tests_tools_and_frameworks_is_no_sign() -> None:
    """Only the app's own server says it, and a framework is told its port."""
    assert plan({"app.js": "", "test/a.js": HELLO, "vite.config.js": HELLO}).port == 8080
    assert plan({"app.js": HELLO}, "nuxt").port == 8080


def test_port_that_a_person_set_wins() -> None:
    """What stands in the settings is not second-guessed."""
    assert plan({"app.js": HELLO}, port=5000).port == 5000


@pytest.mark.parametrize(
    "text",
    [
        "app.listen(3000, 'localhost')",
        "Hapi.server({ port: 3000, host: 'localhost' })",
        "fastify.listen({ host: '127.0.0.1', port: 3000 })",
    ],
)
def test_server_that_only_itself_hears_is_warned_of(text: str) -> None:
    """The commonest 502 is named before the build, not after it."""
    built = plan({"app.js": text})
    assert any("app.js listens on localhost" in warning for warning in built.warnings)
