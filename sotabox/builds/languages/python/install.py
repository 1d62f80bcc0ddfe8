"""How dependencies get into the virtual environment, manager by manager.

The environment lies outside `/app`, so that a changed source moves nothing of it. Poetry, PDM and
Pipenv say what their lock holds and uv installs that: in seconds, with bytecode, and from the index
that a box or a project names, which Poetry's own installer would go around. Tools come from the
package index in exact releases: they are the same layer for every project of a box, and need no
registry but the one that the dependencies come from.
"""

import shlex
from dataclasses import dataclass
from typing import Final

from sotabox.builds.languages.python.manager import Manager
from sotabox.builds.plan import Cache, Step

VENV: Final = "/opt/venv"
#: Where the app itself goes when it is a package.
PACKAGE: Final = "/opt/package"
#: Variables of a project that the install sees, as they steer tools and name package indexes.
ENV_PREFIXES: Final = ("PYTHON", "PIP", "PIPX", "UV", "PDM", "POETRY")

_PIP: Final = f"pip --python {VENV}/bin/python install"
#: pip's variables and ways, in uv's words: who brings a private index brings it as pip's, and pip
#: takes the best version from all indexes.
_UV: Final = (
    'UV_INDEX_URL="${UV_INDEX_URL:-$PIP_INDEX_URL}" '
    'UV_EXTRA_INDEX_URL="${UV_EXTRA_INDEX_URL:-$PIP_EXTRA_INDEX_URL}" '
    "uv pip install --index-strategy unsafe-best-match"
)
_EXPORTED: Final = "/tmp/requirements.txt"  # noqa: S108 - in a build stage
_UV_CACHE: Final = Cache("uv", "/root/.cache/uv")
_PIP_CACHE: Final = Cache("pip", "/root/.cache/pip")
#: For what a manager resolves where there is no lock, or a stale one.
_OWN_CACHES: Final = {
    "poetry": Cache("poetry", "/root/.cache/pypoetry"),
    "pdm": Cache("pdm", "/root/.cache/pdm"),
    "pipenv": Cache("pipenv", "/root/.cache/pipenv"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """What is installed beside the app's own dependencies.

    `packages`: pinned requirements that we add. `browser`: Playwright's Chromium.
    """

    packages: tuple[str, ...] = ()
    browser: bool = False


def environment_of(manager: Manager) -> dict[str, str]:
    """The environment of both stages; the same for every app of a tool, so that layers are shared."""
    common = {
        "PATH": f"{VENV}/bin:$PATH",
        "VIRTUAL_ENV": VENV,
        "PIP_NO_INPUT": "1",
        "PIP_ROOT_USER_ACTION": "ignore",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    uv = {
        "UV_PROJECT_ENVIRONMENT": VENV,
        "UV_COMPILE_BYTECODE": "1",
        "UV_LINK_MODE": "copy",
        "UV_PYTHON_DOWNLOADS": "never",
    }
    own = {
        "poetry": {"POETRY_NO_INTERACTION": "1"},
        "pdm": {"PDM_CHECK_UPDATE": "0", "PDM_NON_INTERACTIVE": "1"},
        "pipenv": {"PIPENV_VERBOSITY": "-1", "PIPENV_NOSPIN": "1"},
    }
    return {**common, **uv, **own.get(manager.tool, {})}


def setup_steps(manager: Manager, *, pip_inside: bool) -> tuple[Step, ...]:
    """The manager and an empty environment. `pip_inside`: with a pip (and setuptools) of its own."""
    venv = f"python -m venv {'' if pip_inside else '--without-pip '}{VENV}"
    if not manager.releases:
        return (Step(venv),)
    return (Step(f"pip install --no-cache-dir {' '.join(manager.releases)} && {venv}"),)


def install_steps(manager: Manager, extras: Extras) -> tuple[Step, ...]:
    """The dependencies, then what we add."""
    lines = [_line(manager)] if manager.name else []
    if extras.packages:
        lines.append(f"{_installer(manager)} {' '.join(extras.packages)}")
    if extras.browser:
        lines.append("playwright install --only-shell chromium")
    if not lines:
        return ()
    caches = [_PIP_CACHE if manager.tool == "pip" else _UV_CACHE]
    if own := _OWN_CACHES.get(manager.tool):
        caches.append(own)
    return (Step(" && ".join(lines), tuple(caches)),)


def install_package(manager: Manager) -> Step:
    """The app itself, as a package beside its dependencies."""
    return Step(f"{_installer(manager)} --no-deps --target {PACKAGE} .", (_UV_CACHE,))


def _installer(manager: Manager) -> str:
    return _PIP if manager.tool == "pip" else "uv pip install"


def _line(manager: Manager) -> str:
    lines = {"uv": _uv_line, "poetry": _poetry_line, "pdm": _pdm_line, "pipenv": _pipenv_line}
    if (line := lines.get(manager.name)) is not None:
        return line(manager)
    if manager.tool == "pip":
        return f"{_PIP} -r {manager.manifest}"
    if manager.requirements:
        return f"{_UV} {' '.join(map(shlex.quote, manager.requirements))}"
    return f"{_UV} {f'-r {manager.manifest}' if manager.manifest else '.'}"


def _uv_line(manager: Manager) -> str:
    project = "--no-install-project" if manager.files else "--no-editable"
    member = f" --package {shlex.quote(manager.member)}" if manager.member else ""
    install = f"uv sync --no-dev {project}{member}"
    return _checked("uv lock --check", "uv.lock", "", install)


def _poetry_line(manager: Manager) -> str:
    export = f"poetry export --only main --output {_EXPORTED}"
    install = f"{_UV} -r {_EXPORTED}"
    if not manager.locked:
        return f"poetry lock && {export} && {install}"
    return _checked(export, "poetry.lock", f"poetry lock && {export}", install)


def _pdm_line(manager: Manager) -> str:
    export = f"pdm export --prod --format requirements --output {_EXPORTED}"
    install = f"{export} && {_UV} -r {_EXPORTED}"
    if not manager.locked:
        return f"pdm lock && {install}"
    return _checked("pdm lock --check", "pdm.lock", "pdm lock", install)


def _pipenv_line(manager: Manager) -> str:
    install = f"pipenv requirements --hash > {_EXPORTED} && {_UV} -r {_EXPORTED}"
    if not manager.locked:
        return f"pipenv lock && {install}"
    return _checked("pipenv verify", "Pipfile.lock", "pipenv lock", install)


def _checked(check: str, lock: str, renew: str, install: str) -> str:
    """`install`, after a word in the log and a new resolution where the lock is out of date."""
    warning = f"echo 'sotabox: {lock} does not match the project; newer versions may be installed'"
    otherwise = f"{{ {warning}; {renew}; }}" if renew else warning
    return f"{{ {check} || {otherwise}; }} && {install}"
