"""Finding the object that a server runs."""

import time
from collections.abc import Mapping

import pytest

from sotabox.builds.languages.python.apps import find_app
from sotabox.builds.source import MemoryTree

MADE = "app = Flask(__name__)\n"


def found(files: Mapping[str, str]) -> tuple[str, str, str, bool] | None:
    app = find_app(MemoryTree(files), ("Flask",))
    return (app.module, app.name, app.root, app.factory) if app else None


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        ({"app.py": MADE}, ("app", "app", "", False)),
        ({"x.py": "site: Flask = flask.Flask('x')\n"}, ("x", "site", "", False)),
        ({"zoo.py": MADE, "main.py": MADE}, ("main", "app", "", False)),
        ({"main.py": "import zoo\n", "zoo.py": MADE}, ("zoo", "app", "", False)),
        ({"app/__init__.py": "", "app/main.py": MADE}, ("app.main", "app", "", False)),
        ({"shop/__init__.py": MADE}, ("shop", "app", "", False)),
        ({"src/shop/__init__.py": "", "src/shop/web.py": MADE}, ("shop.web", "app", "src", False)),
        ({"src/main.py": MADE}, ("main", "app", "src", False)),
        (
            {"src/main.py": "from src.db import x\n" + MADE, "src/db.py": ""},
            ("src.main", "app", "", False),
        ),
        ({"api/main.py": "import db\n" + MADE, "api/db.py": ""}, ("main", "app", "api", False)),
        ({"my-app/main.py": MADE}, ("main", "app", "my-app", False)),
        (
            {"wsgi.py": "from shop import create_app\napp = create_app()\n",
             "shop/__init__.py": "def create_app():\n    return Flask('x')\n"},
            ("wsgi", "app", "", False),
        ),
        (
            {"shop/__init__.py": "def create_app(a: str = 'x', *, b=(1, 2)) -> Flask:\n    x = Flask('x')\n"},
            ("shop", "create_app", "", True),
        ),
        ({"shop/__init__.py": "def create_app(config):\n    return Flask('x')\n"}, None),
        ({"app.py": "# app = Flask(__name__)\n"}, None),
        ({"tests/app.py": MADE, "test_app.py": MADE, "docs/main.py": MADE}, None),
    ],
)  # fmt: skip
def test_app_object_is_found_where_people_put_it(
    files: Mapping[str, str], wanted: tuple[str, str, str, bool] | None
) -> None:
    """Whatever the file and the name, the server gets the module that Python would import."""
    assert found(files) == wanted


def test_app_that_imports_neighbours_runs_in_their_directory() -> None:
    """What was run from its own directory still finds the files beside it."""
    files = {"backend/main.py": "from models import X\n" + MADE, "backend/models.py": ""}
    app = find_app(MemoryTree(files), ("Flask",))
    assert app is not None
    assert app.directory == "backend"


def test_app_search_is_bounded() -> None:
    """A tree of thousands of files is looked at in part, the likeliest first."""
    files = {f"lib/m{n}.py": "x = 1\n" for n in range(3000)} | {"main.py": MADE}
    assert found(files) == ("main", "app", "", False)


@pytest.mark.parametrize(
    "text",
    [
        "app:" + " " * 60_000,
        "app" + " ," * 30_000,
        "app = " + "a." * 30_000,
        "def create_app(" + "," * 60_000 + "):\n    Flask('x')\n",
        "def create_app(" + "(" * 60_000 + "):\n    Flask('x')\n",
        "app = (" * 20_000,
    ],
)
def test_hostile_source_is_read_in_linear_time(text: str) -> None:
    """No file can keep the box busy: what is looked for is found or not, at once."""
    before = time.process_time()
    find_app(MemoryTree({"main.py": text}), ("Flask",))
    assert time.process_time() - before < 0.5
