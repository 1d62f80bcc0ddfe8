"""The shapes of Python apps, each with the plan that it gets."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from sotabox.builds.detect import detect
from sotabox.builds.dockerfile import RenderOptions, render_dockerfile
from sotabox.builds.explain import explain_plan
from sotabox.builds.overrides import Overrides
from sotabox.builds.plan import BuildPlan
from sotabox.builds.source import MemoryTree

FLASK = "from flask import Flask\n\napp = Flask(__name__)\n"
FASTAPI = "from fastapi import FastAPI\n\napp = FastAPI()\n"
MANAGE = 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.settings")\n'


def plan(
    files: Mapping[str, str], env: Mapping[str, str] | None = None, **set_: object
) -> BuildPlan:
    return detect(MemoryTree(files), Overrides(**set_), env)  # type: ignore[arg-type]


def dockerfile(built: BuildPlan) -> str:
    return render_dockerfile(built, RenderOptions(project="p1"))


def pyproject(*dependencies: str, python: str = ">=3.11", more: str = "") -> str:
    listed = json.dumps(list(dependencies))
    return (
        f'[project]\nname = "shop"\nversion = "1"\nrequires-python = "{python}"\n'
        f"dependencies = {listed}\n{more}"
    )


@dataclass(frozen=True)
class Shape:
    """An app's files, and what its plan must and must not say."""

    name: str
    files: Mapping[str, str]
    framework: str
    start: str | None
    python: str = "3.13"
    tool: str = "uv"
    within: tuple[str, ...] = ()  # texts of the Dockerfile
    without: tuple[str, ...] = ()
    says: tuple[str, ...] = ()  # texts of what is explained
    env: Mapping[str, str] = field(default_factory=dict)


SHAPES = [
    Shape(
        "flask-pip",
        {"requirements.txt": "Flask\ngunicorn\n", "app.py": FLASK},
        "flask",
        "gunicorn -b 0.0.0.0:$PORT app:app",
        within=("COPY source/requirements.txt ./", "-r requirements.txt", "USER 10001"),
        says=("package manager pip: requirements.txt", "flask: app in app.py"),
    ),
    Shape(
        "flask-factory",
        {
            "requirements.txt": "flask\n",
            "shop/__init__.py": "def create_app(config=None):\n    return Flask(__name__)\n",
            ".python-version": "3.12\n",
        },
        "flask",
        "gunicorn -b 0.0.0.0:$PORT 'shop:create_app()'",
        python="3.12",
        within=("uv pip install gunicorn==",),
        says=("was added to serve the app",),
    ),
    Shape(
        "fastapi-uv",
        {
            "pyproject.toml": pyproject("fastapi", "uvicorn"),
            "uv.lock": 'version = 1\nrequires-python = ">=3.11"\n',
            "src/ledger/__init__.py": "",
            "src/ledger/web.py": "from fastapi import FastAPI\napi = FastAPI()\n",
        },
        "fastapi",
        "uvicorn ledger.web:api --host 0.0.0.0 --port $PORT",
        within=(
            "uv sync --no-dev --no-install-project",
            "COPY source/pyproject.toml source/uv.lock ./",
            "PYTHONPATH=/app/src",
        ),
        without=("/opt/package",),
        says=("package manager uv: uv.lock",),
    ),
    Shape(
        "fastapi-lockless",
        {"pyproject.toml": pyproject("fastapi[standard]"), "main.py": FASTAPI},
        "fastapi",
        "fastapi run main.py --host 0.0.0.0 --port $PORT",
        within=("uv pip install --index-strategy unsafe-best-match -r pyproject.toml",),
        without=("uv pip install .", "uvicorn=="),
        says=("Commit a uv.lock",),
    ),
    Shape(
        "django-requirements",
        {
            "manage.py": MANAGE,
            "requirements.txt": "-r req/base.txt\n",
            "req/base.txt": "Django~=5.0\npsycopg2\n",
            "core/settings/base.py": (
                "SECRET_KEY = os.environ['SHOP_KEY']\nWSGI_APPLICATION = 'core.wsgi.application'\n"
                "STATIC_ROOT = BASE_DIR / 'static'\n"
            ),
            "runtime.txt": "python-3.12.7\n",
        },
        "django",
        "gunicorn -b 0.0.0.0:$PORT core.wsgi:application",
        python="3.12.7",
        within=(
            "COPY source/req/base.txt ./req/",
            "libpq-dev gcc",
            "install -y --no-install-recommends libpq5",
            'SHOP_KEY="${SHOP_KEY:-only-for-the-build}" python manage.py collectstatic --noinput',
            "--from=build /app /app",
        ),
        says=("Migrations are not run", "system packages: psycopg2"),
    ),
    Shape(
        "django-poetry-daphne-node",
        {
            "manage.py": MANAGE,
            "poetry.lock": "",
            "pyproject.toml": (
                '[tool.poetry]\nname = "core"\n[tool.poetry.dependencies]\npython = "^3.11"\n'
                'django = "^5"\ndaphne = { version = "^4", extras = ["tls"] }\n'
            ),
            "core/settings.py": 'ASGI_APPLICATION = "core.asgi.application"\n',
            "core/wsgi.py": "",
            "package.json": '{"scripts": {"build": "vite build"}, "devDependencies": {"vite": "^7"}}',
            "package-lock.json": "{}",
        },
        "django",
        "daphne -b 0.0.0.0 -p $PORT core.asgi:application",
        tool="poetry",
        within=(
            "poetry export --only main",
            "FROM node:22-slim AS node-dependencies",
            "AS node-build",
            "COPY --from=node-build /built /app",
        ),
        without=("gunicorn", "npm ci --omit=dev"),
        says=("node builds the assets",),
    ),
    Shape(
        "bot-pipenv",
        {
            "Pipfile": '[packages]\n"discord.py" = "*"\n[requires]\npython_version = "3.11"\n',
            "Pipfile.lock": "{}",
            "bot.py": "import discord\nclient = discord.Client()\nclient.run('x')\n",
        },
        "python",
        "python bot.py",
        python="3.11",
        tool="pipenv",
        within=("pipenv verify", "pipenv requirements --hash"),
        says=("bot.py may not listen on $PORT",),
    ),
    Shape(
        "streamlit",
        {
            "requirements.txt": "streamlit\n",
            "Home.py": "import streamlit as st\n",
            "pages/1_A.py": "import streamlit as st\n",
        },
        "streamlit",
        "streamlit run Home.py --server.port $PORT --server.address 0.0.0.0 --server.headless true",
    ),
    Shape(
        "bare-file",
        {"main.py": "import http.server\n"},
        "python",
        "python main.py",
        tool="",
        without=("pip install", "AS dependencies"),
    ),
]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_shape_gets_its_plan(shape: Shape) -> None:
    """An app of this shape deploys with no configuration, by a production server."""
    built = plan(shape.files, shape.env)
    text, told = dockerfile(built), "\n".join(explain_plan(built))
    versions = {version.tool: version.version for version in built.versions}
    assert (built.language, built.framework, built.start) == (
        "python",
        shape.framework,
        shape.start,
    )
    assert versions["python"] == shape.python
    assert set(versions) - {"python"} == ({shape.tool} if shape.tool else set())
    assert f"FROM python:{shape.python}-slim" in text
    for piece in shape.within:
        assert piece in text
    for piece in shape.without:
        assert piece not in text
    for piece in shape.says:
        assert piece in told


def test_pyproject_of_tools_beside_node_is_left_to_node() -> None:
    """A linter's configuration and a stray script don't make a Node app Python."""
    built = plan(
        {
            "package.json": '{"scripts": {"start": "node x.js"}}',
            "x.js": "",
            "pyproject.toml": "[tool.ruff]\nline-length = 100\n",
            "app.py": "",
        }
    )
    assert built.language == "node"
    assert "only tools' settings" in "\n".join(explain_plan(built))
