"""Apps of any language whose source names a port: the box comes to them, as they don't ask for it."""

from collections.abc import Mapping

import pytest

from sotabox.builds.detect import detect
from sotabox.builds.overrides import Overrides
from sotabox.builds.plan import BuildPlan
from sotabox.builds.source import MemoryTree

GO = {"go.mod": "module x\n\ngo 1.24\n"}
RUST = {"Cargo.toml": '[package]\nname = "x"\n', "Cargo.lock": ""}
MAVEN = {"pom.xml": "<project/>"}
MIX = {"mix.exs": "defmodule X do\n app: :x\nend\n"}
GLEAM = {"gleam.toml": 'name = "x"\n'}
CMAKE = {"CMakeLists.txt": "project(x)\nadd_executable(x main.cpp)\n"}
DOTNET = {"A.csproj": '<Project Sdk="Microsoft.NET.Sdk.Web"/>'}

NAMED = {
    "go, an address": {**GO, "main.go": 'package main\nhttp.ListenAndServe(":3000", nil)\n'},
    "go, a flag": {**GO, "main.go": 'package main\nflag.Int("port", 3000, "where")\n'},
    "rust, an address": {**RUST, "src/main.rs": 'TcpListener::bind("0.0.0.0:3000").await'},
    "rust, numbers": {**RUST, "src/main.rs": "SocketAddr::from(([0, 0, 0, 0], 3000))"},
    "java, a call": {**MAVEN, "src/main/java/A.java": "Javalin.create().start(3000);"},
    "kotlin, an argument": {**MAVEN, "src/main/kotlin/A.kt": "embeddedServer(Netty, port = 3000)"},
    "ktor, its settings": {**MAVEN, "src/main/resources/application.conf": "port = 3000"},
    "elixir, an option": {**MIX, "lib/x.ex": "{Bandit, plug: X, port: 3000}"},
    "gleam, a pipe": {**GLEAM, "src/x.gleam": "|> mist.port(3000)"},
    "c++, a call": {**CMAKE, "main.cpp": "crow::SimpleApp app; app.port(3000).run();"},
    "c, a structure": {**CMAKE, "main.c": "address.sin_port = htons(3000);"},
    "ruby, an option": {"main.rb": "WEBrick::HTTPServer.new(Port: 3000)"},
    "python, the library": {"main.py": "HTTPServer(('', 3000), Handler).serve_forever()"},
    "python, tornado": {
        "requirements.txt": "tornado",
        "main.py": "import tornado.web\nApplication([]).listen(3000)",
    },
    "python, a constant": {"main.py": "import socketserver\nPORT = 3000\n"},
    "python, an option": {
        "main.py": "parser.add_argument('--port', type=int, default=3000)\nHTTPServer(x)\n"
    },
    "rust, an option": {
        **RUST,
        "src/main.rs": "#[arg(long, default_value_t = 3000)]\n    port: u16,\n",
    },
    "another variable, which nobody sets": {
        **GO,
        "main.go": 'package main\nport := env("SHOP_PORT", "3000")\ndb := os.Getenv("DB_PORT")\n'
        'http.ListenAndServe(":3000", nil)\n',
    },
    ".net, Kestrel": {**DOTNET, "Program.cs": "options.ListenAnyIP(3000);"},
}


def plan(files: Mapping[str, str], **set_: object) -> BuildPlan:
    return detect(MemoryTree(files), Overrides(**set_))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", NAMED)
def test_port_that_only_the_source_names_is_where_the_app_is_asked(name: str) -> None:
    """The first example of a language's tutorial deploys as it is, and the plan says why."""
    built = plan(NAMED[name])
    assert built.port == 3000
    assert any("names it" in reason.why for reason in built.reasons)


@pytest.mark.parametrize(
    "files",
    [
        {
            **GO,
            "main.go": 'package main\nport := os.Getenv("PORT")\nif port == "" { port = "3000" }',
        },
        {
            **GO,
            "main.go": 'package main\nhttp.ListenAndServe(":3000", nil)\n',
            "a.go": 'x(":4000")',
        },
        {**GO, "main.go": 'package main\ndb := "postgres://db:5432/x"\nport := 6379\n'},
        {**GO, "main.go": "package main\n", "main_test.go": 'x(":3000")'},
        {**RUST, "src/main.rs": 'env::var("PORT").unwrap_or("0.0.0.0:3000")'},
        {**MAVEN, "src/main/resources/application.conf": "port = 3000\nport = ${?PORT}"},
        {**RUST, "src/main.rs": "#[arg(long, env, default_value_t = 3000)]\n    port: u16,\n"},
        {"main.py": "import http.server\nport = int(os.environ.get('PORT', 3000))"},
    ],
)
def test_port_that_is_asked_for_or_unclear_stays_the_usual_one(files: dict[str, str]) -> None:
    """An app that reads PORT gets it; two numbers, or a database's, tell nothing."""
    assert plan(files).port == 8080


def test_port_of_a_person_is_the_port() -> None:
    """What is set beats what the source names."""
    assert plan(NAMED["go, an address"], port=9000).port == 9000
    assert plan(NAMED["go, an address"], start="/app/x --port $PORT").port == 8080


@pytest.mark.parametrize(
    "files",
    [
        {**GO, "main.go": 'package main\nhttp.ListenAndServe("localhost:3000", nil)\n'},
        {**RUST, "src/main.rs": 'HttpServer::new(app).bind(("127.0.0.1", 3000))'},
    ],
)
def test_app_on_localhost_is_warned_about_before_it_is_built(files: dict[str, str]) -> None:
    """Nobody outside its container would reach it: that is said at once, not after a minute."""
    (warning,) = [text for text in plan(files).warnings if "localhost" in text]
    assert "0.0.0.0" in warning
