"""How Python apps are started: production servers, frameworks' commands, files."""

from collections.abc import Mapping

import pytest

from sotabox.builds.detect import detect
from sotabox.builds.explain import explain_plan
from sotabox.builds.overrides import Overrides
from sotabox.builds.plan import BuildPlan
from sotabox.builds.source import MemoryTree
from sotabox.errors import UnknownApp

#: A server's command, started after the call that would serve at the import does nothing.
SILENT = "python -c 'import {}; {} = lambda *a, **k: None; from {} import main; main()' "


def plan(requirements: str, files: Mapping[str, str], **set_: object) -> BuildPlan:
    lines = requirements.replace(" ", "\n")
    tree = MemoryTree({"requirements.txt": lines, **files})
    return detect(tree, Overrides(**set_))  # type: ignore[arg-type]


def installs(built: BuildPlan) -> str:
    assert built.toolchain is not None
    return built.toolchain.install[0].run


@pytest.mark.parametrize(
    ("requirements", "text", "framework", "start"),
    [
        ("starlette uvicorn", "app = Starlette()", "starlette", "uvicorn main:app --host 0.0.0.0 --port $PORT"),
        ("litestar[standard]", "app = Litestar([])", "litestar", "uvicorn main:app --host 0.0.0.0 --port $PORT"),
        ("quart", "app = Quart(__name__)", "quart", "hypercorn main:app --bind 0.0.0.0:$PORT"),
        ("quart uvicorn", "app = Quart(__name__)", "quart", "uvicorn main:app --host 0.0.0.0 --port $PORT"),
        ("sanic", "app = Sanic('x')", "sanic", "sanic main:app --host 0.0.0.0 --port $PORT --single-process"),
        ("python-fasthtml", "app, rt = fast_app()", "fasthtml", "uvicorn main:app --host 0.0.0.0 --port $PORT"),
        ("blacksheep granian", "app = Application()", "python", "granian --interface asgi main:app --host 0.0.0.0 --port $PORT"),
        ("fastapi[all]", "server = FastAPI()", "fastapi", "fastapi run main.py --host 0.0.0.0 --port $PORT --app server"),
        ("fastapi uvicorn", "def create_app():\n    return FastAPI()", "fastapi", "uvicorn --factory main:create_app --host 0.0.0.0 --port $PORT"),
        ("fastapi hypercorn", "def create_app():\n    return FastAPI()", "fastapi", "hypercorn 'main:create_app()' --bind 0.0.0.0:$PORT"),
        ("dash gunicorn", "app = dash.Dash(__name__)", "dash", "gunicorn -b 0.0.0.0:$PORT main:app.server"),
        ("bottle waitress", "def make_app():\n    return Bottle()", "python", "waitress-serve --listen=0.0.0.0:$PORT --call main:make_app"),
        ("falcon uvicorn", "app = falcon.asgi.App()", "python", "uvicorn main:app --host 0.0.0.0 --port $PORT"),
        ("falcon gunicorn", "app = falcon.App()", "python", "gunicorn -b 0.0.0.0:$PORT main:app"),
        ("gradio", "import gradio as gr", "gradio", "GRADIO_SERVER_PORT=$PORT python main.py"),
        ("chainlit", "import chainlit as cl", "chainlit", "chainlit run main.py --host 0.0.0.0 --port $PORT --headless"),
        ("marimo", "import marimo", "python", "marimo run main.py --host 0.0.0.0 --port $PORT --headless"),
        ("panel", "import panel as pn", "python", "panel serve main.py --address 0.0.0.0 --port $PORT --allow-websocket-origin='*'"),
        ("shiny", "from shiny import App", "python", "shiny run main.py --host 0.0.0.0 --port $PORT"),
        ("robyn", "from robyn import Robyn", "python", "ROBYN_PORT=$PORT python main.py"),
        ("connexion[uvicorn] uvicorn", "app = connexion.FlaskApp(__name__)", "python", "uvicorn main:app --host 0.0.0.0 --port $PORT"),
        ("git+https://host/me/flask.git@3 gunicorn", "app = Flask(__name__)", "flask", "gunicorn -b 0.0.0.0:$PORT main:app"),
        ("aiohttp", "from aiohttp import web", "aiohttp", "python main.py"),
        ("tornado", "import tornado.web", "python", "python main.py"),
        ("solara", "import solara", "python", "solara run main.py --host 0.0.0.0 --port $PORT --production"),
        ("taipy", "from taipy.gui import Gui", "python", "taipy run main.py --host 0.0.0.0 --port $PORT --no-debug --no-reloader"),
        ("mesop gunicorn", "import mesop as me", "python", "gunicorn -b 0.0.0.0:$PORT main:me"),
        ("flet", "import flet as ft\nft.run(main)", "python", "FLET_SERVER_PORT=$PORT python main.py"),
        ("bokeh", "from bokeh.plotting import curdoc\ncurdoc().add_root(p)", "python", "bokeh serve main.py --address 0.0.0.0 --port $PORT --allow-websocket-origin='*'"),
        ("nicegui", "from nicegui import ui\nui.run()", "python", "python main.py"),
        ("flask-socketio", "app = Flask(__name__)", "flask", "gunicorn -b 0.0.0.0:$PORT main:app"),
        ("python-socketio uvicorn", "app = socketio.ASGIApp(sio)", "python", "uvicorn main:app --host 0.0.0.0 --port $PORT"),
        ("uvicorn", "async def app(scope, receive, send):\n    pass", "python", "uvicorn main:app --host 0.0.0.0 --port $PORT"),
        ("gunicorn", "def application(environ, start_response):\n    pass", "python", "gunicorn -b 0.0.0.0:$PORT main:application"),
        ("celery gunicorn", "app = Celery('tasks')", "python", "python main.py"),
        ("fastapi gradio uvicorn", "import gradio\napp = FastAPI()", "fastapi", "uvicorn main:app --host 0.0.0.0 --port $PORT"),
    ],
)  # fmt: skip
def test_framework_is_served_as_in_production(
    requirements: str, text: str, framework: str, start: str
) -> None:
    """Every framework gets a production server, on the port that the box names."""
    built = plan(requirements, {"main.py": text + "\n"})
    assert (built.framework, built.start) == (framework, start)


@pytest.mark.parametrize(
    ("requirements", "text", "python", "added"),
    [
        ("flask", "app = Flask('x')\n", "3.13", "gunicorn==27.0.1"),
        ("flask", "app = Flask('x')\n", "3.9", "gunicorn==23.0.0"),
        ("fastapi", "app = FastAPI()\n", "3.13", "uvicorn==0.54.0"),
        (
            "starlette daphne",
            "def create_app():\n    return Starlette()\n",
            "3.13",
            "uvicorn==0.54.0",
        ),
    ],
)
def test_missing_server_is_added_and_said(
    requirements: str, text: str, python: str, added: str
) -> None:
    """No development server in production: a pinned one is installed, and a person told."""
    built = plan(requirements, {"main.py": text, ".python-version": python})
    assert installs(built).endswith(f"uv pip install {added}")
    assert any(note.startswith(f"{added} was added") for note in built.notes)


def test_start_of_a_person_keeps_what_the_box_knows() -> None:
    """Their command alone starts the app, with the server it calls; links keep their scheme."""
    built = plan("flask", {"app.py": "app = Flask('x')\n"}, start="gunicorn -w 4 app:app")
    assert built.start == "gunicorn -w 4 app:app"
    assert "gunicorn==" in installs(built)
    assert built.run_env["FORWARDED_ALLOW_IPS"] == "*"
    assert "GUNICORN_CMD_ARGS" not in built.run_env
    other = plan("flask", {"app.py": "app = Flask('x')\n"}, start="python app.py")
    assert "gunicorn" not in installs(other)


def test_gunicorn_configuration_of_the_app_is_left_alone() -> None:
    """A `gunicorn.conf.py` says it all."""
    built = plan("flask", {"app.py": "app = Flask('x')\n", "gunicorn.conf.py": "workers = 3\n"})
    assert "GUNICORN_CMD_ARGS" not in built.run_env


@pytest.mark.parametrize(
    ("files", "start", "directory"),
    [
        (
            {"manage.py": "", "shop/settings/base.py": 'WSGI_APPLICATION: str = "shop.wsgi.application"\n'},
            "gunicorn -b 0.0.0.0:$PORT shop.wsgi:application",
            "/app",
        ),
        (
            {"manage.py": "", "site/wsgi.py": "", "site/settings.py": ""},
            "gunicorn -b 0.0.0.0:$PORT site.wsgi:application",
            "/app",
        ),
        (
            {"backend/manage.py": "", "backend/core/wsgi.py": "", "backend/core/settings.py": ""},
            "gunicorn -b 0.0.0.0:$PORT core.wsgi:application",
            "/app/backend",
        ),
        (
            {"manage.py": "", "core/asgi.py": "", "core/wsgi.py": "", "core/settings.py": ""},
            "gunicorn -b 0.0.0.0:$PORT core.wsgi:application",
            "/app",
        ),
    ],
)  # fmt: skip
def test_django_is_found_in_any_layout(
    files: Mapping[str, str], start: str, directory: str
) -> None:
    """Settings packages, other quotes, a directory below: the WSGI object is the settings' own."""
    built = plan("django gunicorn uvicorn", files)
    assert (built.framework, built.start, built.work_dir) == ("django", start, directory)


def test_django_runs_asgi_where_settings_say_so() -> None:
    """Channels and websockets need the ASGI object, if there is a server for it."""
    files = {
        "manage.py": "",
        "core/wsgi.py": "",
        "core/settings.py": "ASGI_APPLICATION = 'core.asgi.application'\n",
    }
    built = plan("django uvicorn", files)
    assert built.start == "uvicorn core.asgi:application --host 0.0.0.0 --port $PORT"
    assert plan("django", files).start == "gunicorn -b 0.0.0.0:$PORT core.wsgi:application"


def test_django_migrations_are_offered_not_run() -> None:
    """Two versions may run at once, so a start never migrates; whoever has a release is not told."""
    files = {"manage.py": "", "core/wsgi.py": "", "core/settings.py": ""}
    assert any("release: python manage.py migrate" in note for note in plan("django", files).notes)
    quiet = plan("django", files, release="python manage.py migrate")
    assert not any("Migrations" in note for note in quiet.notes)


def test_geodjango_has_its_library() -> None:
    """Spatial fields load GDAL when the app starts."""
    files = {
        "manage.py": "",
        "core/wsgi.py": "",
        "core/settings.py": "INSTALLED_APPS = ['django.contrib.gis']\n",
    }
    assert plan("django", files).run_packages == ("gdal-bin",)


@pytest.mark.parametrize(
    ("files", "start"),
    [
        ({"tool/__init__.py": "", "tool/__main__.py": "PORT"}, "python -m tool"),
        ({"src/tool/__main__.py": "PORT"}, "python -m tool"),
        ({"src/main.py": "PORT"}, "python src/main.py"),
        ({"only one.py": "PORT"}, "python 'only one.py'"),
        ({"main.py": "", "app.py": ""}, "python main.py"),
    ],
)
def test_file_is_started_where_no_server_fits(files: Mapping[str, str], start: str) -> None:
    """Bots, scripts and home-made servers run as they are."""
    assert plan("requests", files).start == start


def test_script_of_the_project_is_started() -> None:
    """The one entry point of `[project.scripts]` is what its author runs."""
    tree = MemoryTree(
        {
            "pyproject.toml": '[project]\nname = "t"\n[project.scripts]\nt = "t.cli:main"\n',
            "src/t/cli.py": "PORT",
        }
    )
    built = detect(tree)
    assert built.start == "python -c 'import sys; from t.cli import main; sys.exit(main())'"
    assert built.run_env["PYTHONPATH"] == "/app/src"


def test_framework_without_an_app_object_is_a_warning() -> None:
    """Nobody is surprised by a development server."""
    built = plan("flask", {"main.py": "run()\n"})
    assert built.start == "python main.py"
    assert any("app object of flask was not found" in warning for warning in built.warnings)


def test_bare_file_names_what_nothing_installs() -> None:
    """An import that must fail is said before the build."""
    tree = MemoryTree({"main.py": "import os\nimport httpx\nfrom lib import x\n", "lib.py": ""})
    told = detect(tree).warnings
    assert told == (
        "main.py imports httpx, but nothing installs it: list it in a requirements.txt",
    )


@pytest.mark.parametrize(
    "files",
    [
        {
            "requirements.txt": "-e .\ngunicorn\n",
            "setup.py": "setup(name='shop', install_requires=['flask'])\n",
        },
        {
            "requirements.txt": "-e .\ngunicorn\n",
            "pyproject.toml": '[project]\nname = "shop"\ndependencies = ["flask"]\n',
        },
        {
            "pyproject.toml": '[build-system]\nrequires = ["setuptools"]\n',
            "setup.cfg": "[options]\ninstall_requires =\n    # web\n    flask>=3  # the app\n\n    gunicorn\npackages = find:\n",
        },
    ],
    ids=["setup.py", "pyproject.toml", "setup.cfg"],
)
def test_framework_that_only_the_own_package_lists_is_found(files: Mapping[str, str]) -> None:
    """A package that is installed from the archive brings its framework along."""
    tree = MemoryTree({**files, "shop/__init__.py": "app = Flask(__name__)\n"})
    built = detect(tree)
    assert (built.framework, built.start) == ("flask", "gunicorn -b 0.0.0.0:$PORT shop:app")
    assert not any("gunicorn" in note for note in built.notes)


@pytest.mark.parametrize(
    ("hosts", "warned"),
    [
        ("ALLOWED_HOSTS = []\n", True),
        ("ALLOWED_HOSTS: list[str] = [ ]  # yet\n", True),
        ("ALLOWED_HOSTS = ['*']\n", False),
        ("ALLOWED_HOSTS = []\nif host:\n    ALLOWED_HOSTS += [host]\n", False),
        ("ALLOWED_HOSTS = [\n    'x.org',\n]\n", False),
        ("", False),
    ],
)
def test_django_that_allows_no_host_is_warned_about(hosts: str, warned: bool) -> None:
    """A project fresh from `startproject` answers 400 to all: its plan says why."""
    settings = f"WSGI_APPLICATION = 'web.wsgi.application'\n{hosts}"
    built = plan("django", {"manage.py": "", "web/settings.py": settings, "web/wsgi.py": ""})
    assert any("ALLOWED_HOSTS" in warning for warning in built.warnings) is warned


def test_app_without_any_start_is_refused_with_what_was_looked_for() -> None:
    """The person learns what was looked for, and the ways out."""
    with pytest.raises(UnknownApp, match="Looked for: an app object") as raised:
        plan("requests", {"a.py": "", "b.py": ""})
    assert "start command" in str(raised.value.hint)


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"requirements.txt": "ansible\n", "README": ""}, "there is no Python file"),
        ({"environment.yml": "", "a.py": "", "b.py": ""}, "Conda"),
        ({"environment.yml": "", "app.py": "import flask\n"}, "Conda"),
        ({"pyproject.toml": "[tool.ruff]\n", "a.py": "", "b.py": ""}, "could be started"),
    ],
)
def test_tree_that_is_no_app_says_why(files: Mapping[str, str], why: str) -> None:
    """A manifest alone makes no app."""
    with pytest.raises(UnknownApp, match=why):
        detect(MemoryTree(files))


def test_node_app_with_python_scripts_stays_a_node_app() -> None:
    """A folder of Python scripts beside a Node server doesn't take it over."""
    tree = MemoryTree(
        {
            "package.json": '{"scripts": {"start": "node server.js"}}',
            "server.js": "",
            "requirements.txt": "pandas\n",
            "scripts/clean.py": "",
        }
    )
    built = detect(tree)
    assert built.language == "node"
    assert any("not python: no server" in line for line in explain_plan(built))


@pytest.mark.parametrize(
    ("files", "build", "root"),
    [
        ({"mkdocs.yml": "site_dir: ./public\n"}, "mkdocs build", "public"),
        ({"requirements.txt": "mkdocs-material\n", "mkdocs.yml": ""}, "mkdocs build", "site"),
        (
            {"requirements.txt": "sphinx\n", "docs/conf.py": ""},
            "sphinx-build -b html docs _build/html",
            "_build/html",
        ),
        (
            {"requirements.txt": "pelican\n", "pelicanconf.py": "", "publishconf.py": ""},
            "pelican --settings publishconf.py --output output",
            "output",
        ),
        ({"pelicanconf.py": ""}, "pelican --settings pelicanconf.py --output output", "output"),
        ({"requirements.txt": "nikola\n", "conf.py": ""}, "nikola build", "output"),
    ],
)
def test_documentation_builds_to_a_site(files: Mapping[str, str], build: str, root: str) -> None:
    """MkDocs, Sphinx, Pelican and Nikola need no server of their own."""
    built = detect(MemoryTree(files))
    assert built.static is not None
    assert built.toolchain is not None
    assert (built.static.root, built.toolchain.build[0].run) == (root, build)


@pytest.mark.parametrize(
    ("requirements", "text", "start"),
    [
        (
            "quart",
            "app = Quart(__name__)\napp.run()",
            SILENT.format("quart", "quart.Quart.run", "hypercorn.__main__")
            + "main:app --bind 0.0.0.0:$PORT --workers 0",
        ),
        (
            "starlette uvicorn",
            "app = Starlette()\nuvicorn.run(app)",
            SILENT.format("uvicorn", "uvicorn.run", "uvicorn")
            + "main:app --host 0.0.0.0 --port $PORT",
        ),
        (
            "bottle",
            "from bottle import route, run\nrun(host='localhost', port=8080)",
            "python -m bottle --bind 0.0.0.0:$PORT --server gunicorn main",
        ),
        (
            "bottle",
            "app = Bottle()\napp.run(port=8080)",
            "python -m bottle --bind 0.0.0.0:$PORT --server gunicorn main:app",
        ),
    ],
)
def test_app_that_serves_at_its_import_is_served_in_production_all_the_same(
    requirements: str, text: str, start: str
) -> None:
    """A last line `app.run()` without a guard keeps no production server from the app."""
    assert plan(requirements, {"main.py": text + "\n"}).start == start


def test_flask_app_that_runs_at_its_import_is_told_that_it_is_served() -> None:
    """Flask has a word for it, and a guarded call needs none."""
    app = "app = Flask(__name__)\n"
    built = plan("flask", {"main.py": f"{app}app.run(debug=True)\n"})
    assert built.start == "gunicorn -b 0.0.0.0:$PORT main:app"
    assert built.run_env["FLASK_RUN_FROM_CLI"] == "true"
    for rest in ("if __name__ == '__main__':\n    app.run()\n", "subprocess.run(['date'])\n"):
        guarded = plan("flask", {"main.py": app + rest})
        assert "FLASK_RUN_FROM_CLI" not in guarded.run_env


@pytest.mark.parametrize(
    ("requirements", "notebooks", "start"),
    [
        ("voila", ("a.ipynb",), "voila a.ipynb --no-browser --Voila.ip=0.0.0.0 --port=$PORT"),
        ("voila", ("a.ipynb", "b.ipynb"), "voila . --no-browser --Voila.ip=0.0.0.0 --port=$PORT"),
        ("jupyterlab", ("a.ipynb",), "jupyter lab --no-browser --ip=0.0.0.0 --port=$PORT"),
    ],
)
def test_notebooks_are_shown_without_a_file_of_python(
    requirements: str, notebooks: tuple[str, ...], start: str
) -> None:
    """A repository of notebooks is an app where it lists what shows them."""
    assert plan(requirements, dict.fromkeys(notebooks, "{}")).start == start


def test_flet_app_gets_its_web_server_in_its_own_release() -> None:
    """Flet's part for the web is an extra, so that it comes in the app's release of Flet."""
    text = "import flet as ft\nft.run(main)\n"
    assert "uv pip install 'flet[web]'" in installs(plan("flet==0.28.3", {"main.py": text}))
    assert "uv pip install 'flet" not in installs(plan("flet[all]", {"main.py": text}))


def test_reflex_front_end_is_exported_and_handed_out_by_its_own_server() -> None:
    """One port serves pages and events; what compiles them stays out of the image."""
    built = plan(
        "reflex",
        {
            "rxconfig.py": "import reflex as rx\n",
            "blog/blog.py": "import reflex as rx\napp = rx.App()\n",
        },
    )
    assert built.start == (
        "granian --interface asgi --factory blog.blog:app --host 0.0.0.0 --port $PORT"
    )
    assert built.toolchain is not None
    assert [need.path for need in built.toolchain.needs] == [
        "/usr/local/bin/node",
        "/usr/local/bin/bun",
    ]
    assert "reflex export" in built.toolchain.build[0].run


def test_script_that_lists_what_it_needs_gets_it() -> None:
    """A single file with its list in a comment is an app, on the Python that it asks for."""
    script = (
        '# /// script\n# requires-python = ">=3.14"\n# dependencies = ["flask>=3", "gunicorn"]\n# ///\n'
        "from flask import Flask\napp = Flask(__name__)\n"
    )
    built = detect(MemoryTree({"main.py": script}))
    assert (built.framework, built.start) == ("flask", "gunicorn -b 0.0.0.0:$PORT main:app")
    assert "'flask>=3' gunicorn" in installs(built)
    assert built.toolchain is not None
    assert not built.toolchain.build
    assert built.versions[0].version == "3.14"
    assert not built.warnings
