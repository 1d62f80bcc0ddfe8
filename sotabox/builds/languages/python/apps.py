"""Finding the object that a server runs: `app = FastAPI(…)`, `create_app()`, and where it is.

Sources are read as text, line by line from the first column: that leaves out comments and code in
functions, and needs no parser whose Python is newer or older than the app's.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sotabox.builds.source import Tree

#: Names of modules that hold the app, in the order in which they are looked at.
MODULES: Final = (
    "main", "app", "server", "api", "wsgi", "asgi", "application", "run", "web", "index", "__init__",
)  # fmt: skip
_FACTORIES: Final = "create_app|make_app|get_app|build_app|create_application|app_factory"
#: `name = Constructor(`, `name: Type = module.Constructor(`, `name, other = constructor(`. No two of
#: its parts match the same text, as a hostile file could make that take for ever.
_MADE: Final = r"^(\w+)[ \t]*(?::[^=\n]*|(?:,[ \t]*\w+[ \t]*)+)?=[ \t]*(?:[\w.]+\.)?(?:{by})\("
#: An app of an unknown framework, or a bare function of either protocol; no bot, queue or command.
_ANY_APP: Final = re.compile(
    r"^(?:(?P<object>app|application|asgi|asgi_app|wsgi_app)[ \t]*(?::[^=\n]*)?=(?![ \t]*(?:[\w.]+\.)?"
    r"(?:Celery|Typer|Application\.builder|ApplicationBuilder|Client|Bot|Dispatcher|App|Tk|QApplication"
    r"|ArgumentParser|None)\b)"
    r"|(?:async )?def (?P<function>app|application)\((?:scope|environ|env)\b)",
    re.MULTILINE,
)
_NOT_THE_APP: Final = re.compile(
    r"(?:^|/)(?:tests?|docs?|examples?|migrations|alembic|scripts|\.?venv|env|site-packages|build|"
    r"dist|notebooks|benchmarks?|__pycache__|\..*)/|(?:^|/)(?:test_.*|.*_test|conftest|setup|"
    r"noxfile|fabfile|tasks|manage)\.py$"
)
_READ_MAX_BYTES: Final = 64 * 1024
_FILES_MAX: Final = 400
_DEPTH_MAX: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class AppObject:
    """Where a server finds the app: `module:name`, with `root` (a directory) on its path.

    `factory`: `name` is a function that makes it. `directory`: where it is run from.
    """

    path: str
    root: str
    module: str
    name: str
    factory: bool = False
    directory: str = ""

    @property
    def where(self) -> str:
        call = "()" if self.factory else ""
        return f"{self.name}{call} in {self.path}"


def source_files(tree: Tree) -> tuple[str, ...]:
    """The app's own Python files, the likeliest home of the app first."""
    files = [
        path
        for path in tree.glob("**/*.py")
        if path.count("/") < _DEPTH_MAX and not _NOT_THE_APP.search(path)
    ]
    return tuple(sorted(files, key=_rank)[:_FILES_MAX])


def read_source(tree: Tree, path: str) -> str:
    """A file's text, as much as is looked at."""
    return tree.read(path, _READ_MAX_BYTES) or ""


def read_sources(tree: Tree) -> Mapping[str, str]:
    """The texts of the files that can be imported, the likeliest home of the app first."""
    return {
        path: read_source(tree, path)
        for path in source_files(tree)
        if path.rpartition("/")[2].removesuffix(".py").isidentifier()
    }


def find_app(
    tree: Tree, constructors: Sequence[str], texts: Mapping[str, str] | None = None
) -> AppObject | None:
    """The app that one of `constructors` (`FastAPI`, `flask.Flask`) makes.

    An instance is preferred to one that a factory's call gives, and that to the factory. `texts`:
    of `read_sources`, where they have been read.
    """
    either = "|".join(constructors)
    made, called = (re.compile(_MADE.format(by=by), re.MULTILINE) for by in (either, _FACTORIES))
    mentioned = re.compile(rf"\b(?:{either})\(")
    texts = read_sources(tree) if texts is None else texts
    for pattern in (made, called):
        if pattern is called and not any(mentioned.search(text) for text in texts.values()):
            return None
        for path, text in texts.items():
            if names := pattern.findall(text):
                name = next((n for n in ("app", "application", "api") if n in names), names[0])
                return _located(tree, path, text, name)
    for path, text in texts.items():
        if mentioned.search(text) and (factory := _factory(text)):
            return _located(tree, path, text, factory, factory=True)
    return None


def find_object(tree: Tree, texts: Mapping[str, str]) -> AppObject | None:
    """What looks like an app that a server runs, whatever makes it: `app = …`, `def application(…)`."""
    for path, text in texts.items():
        if found := _ANY_APP.search(text):
            return _located(tree, path, text, found["object"] or found["function"])
    return None


def import_root(tree: Tree, path: str, text: str) -> str:
    """The directory from which a file's imports are meant; "" is the app's root.

    `src/` unless somebody imports it by name; the file's own directory if it imports neighbours by
    their bare names.
    """
    directory, _, _ = path.rpartition("/")
    if not directory:
        return ""
    top = directory.partition("/")[0]
    if _runs_from(tree, directory, text):
        return directory
    if top == "src" and not tree.exists("src/__init__.py") and not _imports_src(tree):
        return "src"
    return ""


def _runs_from(tree: Tree, directory: str, text: str) -> bool:
    """Whether a file is meant to be run from its own directory: it imports bare neighbours."""
    if not all(part.isidentifier() for part in directory.split("/")):
        return True  # no module's name, so it can't be imported from above
    if tree.exists(f"{directory}/__init__.py"):
        return False
    names = re.findall(r"^(?:from|import)\s+([A-Za-z_]\w*)", text, re.MULTILINE)
    above = ("", "src/") if directory.startswith("src") and directory != "src" else ("",)
    return any(
        _is_module(tree, f"{directory}/{name}")
        and not any(_is_module(tree, base + name) for base in above)
        for name in names
    )


def module_of(path: str, root: str) -> str:
    """The dotted name under which a file is imported with `root` on the path."""
    inner = path.removeprefix(f"{root}/") if root else path
    return inner.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _located(tree: Tree, path: str, text: str, name: str, *, factory: bool = False) -> AppObject:
    root = import_root(tree, path, text)
    return AppObject(
        path=path,
        root=root,
        module=module_of(path, root),
        name=name,
        factory=factory,
        directory=root if root and _runs_from(tree, root, text) else "",
    )


def _factory(text: str) -> str | None:
    """The name of a factory that can be called with nothing."""
    for name, parameters in re.findall(
        rf"^(?:async )?def ({_FACTORIES})\(((?:[^()]|\([^()]{{0,200}}\)){{0,400}})\)",
        text,
        re.MULTILINE,
    ):
        required = [p for p in _split(parameters) if "=" not in p and not p.startswith(("*", "/"))]
        if not required:
            return str(name)
    return None


def _split(parameters: str) -> Iterator[str]:
    for part in re.split(r",(?![^\[(]*[\])])", parameters):
        if bare := part.strip():
            yield bare


def _rank(path: str) -> tuple[int, int, int, str]:
    directory, _, name = path.rpartition("/")
    depth = 0 if not directory else directory.count("/") + 1
    place = 0 if not directory else 1 if directory in ("app", "src", "src/app") else 2
    stem = name.removesuffix(".py")
    module = MODULES.index(stem) if stem in MODULES else len(MODULES)
    return place, depth, module, path


def _is_module(tree: Tree, path: str) -> bool:
    return tree.exists(f"{path}.py") or tree.exists(f"{path}/__init__.py")


def _imports_src(tree: Tree) -> bool:
    pattern = re.compile(r"^[ \t]*(?:from|import)\s+src\b", re.MULTILINE)
    return any(pattern.search(read_source(tree, path)) for path in source_files(tree))
