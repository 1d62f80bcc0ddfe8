"""Frameworks: how each is told, and what its kind needs to be served."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final


class Kind(Enum):
    """How an app is served."""

    ASGI = "asgi"
    WSGI = "wsgi"
    SCRIPT = "script"  # the framework's own command runs a file
    FILE = "file"  # the file itself listens


@dataclass(frozen=True, slots=True, kw_only=True)
class Framework:
    """A framework by its package (normalised).

    `constructors`: what makes the app object. `attribute`: what of that object is served. `command`
    runs `{file}` (`{module}` is its name). `signs`: what the file has in it. `imports`: the names under
    which a file imports it. `files`: the likeliest ones first. `notebooks`: it shows those instead.
    `added`: what its command needs beyond its package, unless it came with one of the extras `brings`.
    `build`: what is made before it can start, with these `runtimes` of JavaScript. `slug` as in the API.
    """

    package: str
    kind: Kind
    slug: str = "python"
    constructors: tuple[str, ...] = ()
    attribute: str = ""
    command: str = ""
    imports: tuple[str, ...] = ()
    signs: str = ""
    files: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    server: str = ""  # comes with it
    notebooks: bool = False
    added: str = ""
    brings: tuple[str, ...] = ()
    build: str = ""
    runtimes: tuple[str, ...] = ()


#: A framework built on another comes before it.
FRAMEWORKS: Final = (
    Framework(package="python-fasthtml", kind=Kind.ASGI, slug="fasthtml", server="uvicorn",
              constructors=("FastHTML", "FastHTMLWithLiveReload", "fast_app")),
    Framework(package="litestar", kind=Kind.ASGI, slug="litestar", constructors=("Litestar",)),
    Framework(package="quart", kind=Kind.ASGI, slug="quart", server="hypercorn",
              constructors=("Quart",)),
    Framework(package="sanic", kind=Kind.ASGI, slug="sanic", server="sanic",
              constructors=("Sanic",)),
    Framework(package="blacksheep", kind=Kind.ASGI, constructors=("Application",)),
    Framework(package="fastapi", kind=Kind.ASGI, slug="fastapi", constructors=("FastAPI",)),
    Framework(package="starlette", kind=Kind.ASGI, slug="starlette", constructors=("Starlette",)),
    Framework(package="connexion", kind=Kind.ASGI,
              constructors=("FlaskApp", "AsyncApp", "connexion\\.App")),
    Framework(package="dash", kind=Kind.WSGI, slug="dash", constructors=("Dash",),
              attribute="server"),
    Framework(package="flask", kind=Kind.WSGI, slug="flask", constructors=("Flask", "APIFlask")),
    Framework(package="falcon", kind=Kind.ASGI, constructors=("asgi\\.App",)),
    Framework(package="falcon", kind=Kind.WSGI, constructors=("App", "API")),
    Framework(package="bottle", kind=Kind.WSGI, constructors=("Bottle", "default_app")),
    Framework(package="pyramid", kind=Kind.WSGI, constructors=("make_wsgi_app",)),
    Framework(package="reflex", kind=Kind.SCRIPT, imports=("reflex",), signs=r"\bapp\s*=.*\bApp\(",
              # What `reflex run` starts, which would compile everything first.
              command="granian --interface asgi --factory {module}:app --host 0.0.0.0 --port $PORT",
              build="REFLEX_USE_SYSTEM_BUN=true reflex export --frontend-only --no-zip",
              runtimes=("node", "bun"),
              # Its own signs that the server hands out what was exported.
              env={"__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true", "__REFLEX_SKIP_COMPILE": "true",
                   "REFLEX_ENV_MODE": "prod",
                   "REFLEX_TELEMETRY_ENABLED": "false"}),
    Framework(package="chainlit", kind=Kind.SCRIPT, slug="chainlit", imports=("chainlit",),
              command="chainlit run {file} --host 0.0.0.0 --port $PORT --headless"),
    Framework(package="streamlit", kind=Kind.SCRIPT, slug="streamlit", imports=("streamlit",),
              command="streamlit run {file} --server.port $PORT --server.address 0.0.0.0 "
                      "--server.headless true",
              files=("streamlit_app.py", "app.py", "Home.py", "home.py", "main.py"),
              env={"STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false"}),
    Framework(package="gradio", kind=Kind.SCRIPT, slug="gradio", imports=("gradio",),
              command="GRADIO_SERVER_PORT=$PORT python {file}",
              env={"GRADIO_SERVER_NAME": "0.0.0.0"}),  # noqa: S104 - the container's own interfaces
    Framework(package="marimo", kind=Kind.SCRIPT, imports=("marimo",),
              command="marimo run {file} --host 0.0.0.0 --port $PORT --headless"),
    Framework(package="solara", kind=Kind.SCRIPT, imports=("solara",), files=("app.py", "sol.py"),
              command="solara run {file} --host 0.0.0.0 --port $PORT --production"),
    Framework(package="taipy", kind=Kind.SCRIPT, imports=("taipy",), files=("main.py", "app.py"),
              command="taipy run {file} --host 0.0.0.0 --port $PORT --no-debug --no-reloader"),
    Framework(package="mesop", kind=Kind.SCRIPT, imports=("mesop",), files=("main.py", "app.py"),
              signs=r"import mesop as me\b", command="gunicorn -b 0.0.0.0:$PORT {module}:me",
              added="gunicorn"),
    Framework(package="flet", kind=Kind.SCRIPT, imports=("flet",), files=("main.py", "src/main.py"),
              signs=r"\bapp\(|\brun\(", command="FLET_SERVER_PORT=$PORT python {file}",
              added="'flet[web]'", brings=("web", "all"),
              env={"FLET_FORCE_WEB_SERVER": "true", "FLET_SERVER_IP": "0.0.0.0"}),  # noqa: S104
    Framework(package="shiny", kind=Kind.SCRIPT, imports=("shiny",), files=("app.py",),
              command="shiny run {file} --host 0.0.0.0 --port $PORT"),
    Framework(package="robyn", kind=Kind.SCRIPT, imports=("robyn",),
              command="ROBYN_PORT=$PORT python {file}",
              env={"ROBYN_HOST": "0.0.0.0"}),  # noqa: S104 - the container's own interfaces
    Framework(package="panel", kind=Kind.SCRIPT, imports=("panel",),
              command="panel serve {file} --address 0.0.0.0 --port $PORT "
                      "--allow-websocket-origin='*'"),
    Framework(package="bokeh", kind=Kind.SCRIPT, imports=("bokeh",), signs=r"\bcurdoc\(",
              command="bokeh serve {file} --address 0.0.0.0 --port $PORT "
                      "--allow-websocket-origin='*'"),
    Framework(package="voila", kind=Kind.SCRIPT, notebooks=True,
              command="voila {file} --no-browser --Voila.ip=0.0.0.0 --port=$PORT"),
    Framework(package="jupyterlab", kind=Kind.SCRIPT, notebooks=True,
              command="jupyter lab --no-browser --ip=0.0.0.0 --port=$PORT"),
    Framework(package="notebook", kind=Kind.SCRIPT, notebooks=True,
              command="jupyter notebook --no-browser --ip=0.0.0.0 --port=$PORT"),
    Framework(package="nicegui", kind=Kind.FILE, signs=r"\bnicegui\b"),
    Framework(package="aiohttp", kind=Kind.FILE, slug="aiohttp",
              signs=r"aiohttp\.web\b|aiohttp\s+import\s+.*\bweb\b"),
    Framework(package="tornado", kind=Kind.FILE, signs=r"tornado\.(?:web|httpserver)\b"),
)  # fmt: skip

#: Extras through which a server comes along.
SERVERS_OF_EXTRAS: Final = (
    ("fastapi", ("standard", "all"), "uvicorn"),
    ("litestar", ("standard", "full"), "uvicorn"),
    ("channels", ("daphne",), "daphne"),
)
