"""How dependencies get into the virtual environment, manager by manager.

The environment lies outside `/app`, so that a changed source moves nothing of it. Tools come from
the package index in exact releases: they are the same layer for every project of a box, and need
no registry but the one that the dependencies come from.
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
#: pip's variables, in uv's words: who brings a private index brings it as pip's.
_AS_PIP: Final = (
    'UV_INDEX_URL="${UV_INDEX_URL:-$PIP_INDEX_URL}" '
    'UV_EXTRA_INDEX_URL="${UV_EXTRA_INDEX_URL:-$PIP_EXTRA_INDEX_URL}" '
)
_UV_CACHE: Final = Cache("uv", "/root/.cache/uv")
_PIP_CACHE: Final = Cache("pip", "/root/.cache/pip")
_CACHES: Final = {
    "uv": (_UV_CACHE,),
    "pip": (_PIP_CACHE,),
    "poetry": (Cache("poetry", "/root/.cache/pypoetry"), _PIP_CACHE),
    "pdm": (Cache("pdm", "/root/.cache/pdm"), _PIP_CACHE),
    "pipenv": (Cache("pipenv", "/root/.cache/pipenv"), _PIP_CACHE),
}
#: What makes bytecode of what a manager installed without; a file that is no Python hurts nobody.
_COMPILE: Final = f"{{ python -m compileall -q -j 0 {VENV}/lib || true; }}"


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
    own = {
        "uv": {
            "UV_PROJECT_ENVIRONMENT": VENV,
            "UV_COMPILE_BYTECODE": "1",
            "UV_LINK_MODE": "copy",
            "UV_PYTHON_DOWNLOADS": "never",
        },
        "poetry": {"POETRY_NO_INTERACTION": "1"},
        "pdm": {"PDM_CHECK_UPDATE": "0", "PDM_NON_INTERACTIVE": "1"},
        "pipenv": {"PIPENV_VERBOSITY": "-1", "PIPENV_NOSPIN": "1"},
    }
    return {**common, **own.get(manager.tool, {})}


def setup_steps(manager: Manager, *, pip_inside: bool) -> tuple[Step, ...]:
    """The manager and an empty environment. `pip_inside`: with a pip (and setuptools) of its own."""
    venv = f"python -m venv {'' if pip_inside else '--without-pip '}{VENV}"
    if manager.tool == "pip":
        return (Step(venv),)
    return (Step(f"pip install --no-cache-dir {manager.release} && {venv}"),)


def install_steps(manager: Manager, extras: Extras) -> tuple[Step, ...]:
    """The dependencies, then what we add."""
    lines = [_line(manager)] if manager.name else []
    if extras.packages:
        pip = "uv pip install" if manager.tool == "uv" else _PIP
        lines.append(f"{pip} {' '.join(extras.packages)}")
    if manager.tool not in ("uv", "pip"):
        lines.append(_COMPILE)
    if extras.browser:
        lines.append("playwright install --only-shell chromium")
    return (Step(" && ".join(lines), _CACHES[manager.tool]),) if lines else ()


def package_step(manager: Manager) -> Step:
    """The app itself, as a package beside its dependencies: its own layer, as it changes often."""
    pip = "uv pip install" if manager.tool == "uv" else _PIP
    return Step(f"{pip} --no-deps --target {PACKAGE} .", _CACHES[manager.tool])


def _line(manager: Manager) -> str:
    lines = {"uv": _uv_line, "poetry": _poetry_line, "pdm": _pdm_line, "pipenv": _pipenv_line}
    if (line := lines.get(manager.name)) is not None:
        return line(manager)
    if manager.tool == "pip":
        return f"{_PIP} -r {manager.manifest}"
    if manager.name == "pip":
        # pip looks for the best version in all indexes; uv calls that by what a stranger could do.
        strategy = "--index-strategy unsafe-best-match"
        return f"{_AS_PIP}uv pip install {strategy} -r {manager.manifest}"
    what = "-r pyproject.toml" if manager.name == "pyproject" else "."
    return f"{_AS_PIP}uv pip install {what}"


def _uv_line(manager: Manager) -> str:
    project = "--no-install-project" if manager.files else "--no-editable"
    member = f" --package {shlex.quote(manager.member)}" if manager.member else ""
    install = f"uv sync --no-dev {project}{member}"
    return _checked("uv lock --check", "uv.lock", "", install)


def _poetry_line(manager: Manager) -> str:
    install = "poetry install --only main --no-root"
    if not manager.locked:
        return f"poetry lock && {install}"
    return _checked(f"{install} --dry-run --quiet", "poetry.lock", "poetry lock", install)


def _pdm_line(manager: Manager) -> str:
    install = f"pdm install --prod --no-editable{' --no-self' if manager.files else ''}"
    return _checked("pdm lock --check", "pdm.lock", "", install)


def _pipenv_line(manager: Manager) -> str:
    if not manager.locked:
        return "pipenv install --skip-lock"
    return _checked("pipenv verify", "Pipfile.lock", "pipenv lock", "pipenv sync")


def _checked(check: str, lock: str, renew: str, install: str) -> str:
    """`install`, after a word in the log and a new resolution where the lock is out of date."""
    warning = f"echo 'sotabox: {lock} does not match the project; newer versions may be installed'"
    otherwise = f"{{ {warning}; {renew}; }}" if renew else warning
    return f"{{ {check} || {otherwise}; }} && {install}"
