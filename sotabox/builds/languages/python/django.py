"""Django's own facts: the settings, the object that a server runs, static files."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from posixpath import dirname
from typing import Final

from sotabox.builds.overrides import Overrides
from sotabox.builds.source import Tree

_ASSIGNED: Final = r"^[ \t]*{name}[ \t]*(?::[^=\n]*)?=\s*['\"]([\w.]+)['\"]"
_HOSTS: Final = re.compile(r"^[ \t]*ALLOWED_HOSTS\b[^=\n]*=(.*)$", re.MULTILINE)
#: Variables that settings often insist on; the build gives them a value that nothing relies on.
_SECRETS: Final = ("SECRET_KEY", "DJANGO_SECRET_KEY")


@dataclass(frozen=True, slots=True, kw_only=True)
class Django:
    """A Django project. `directory` holds `manage.py` ("" is the root).

    `wsgi`, `asgi`: what a server runs (`core.wsgi:application`). `static_root`: the settings name a
    directory for static files. `gis`: it is GeoDjango. `secrets`: variables that settings read keys from.
    """

    directory: str
    wsgi: str | None
    asgi: str | None
    why: str
    static_root: bool
    gis: bool
    secrets: tuple[str, ...]
    hostless: bool = False  # the settings allow no host, as `startproject` leaves them

    def collect(self) -> str:
        """The command that gathers static files."""
        dummies = " ".join(f'{name}="${{{name}:-only-for-the-build}}"' for name in self.secrets)
        return f"{dummies} python manage.py collectstatic --noinput".strip()


def find_django(tree: Tree, overrides: Overrides) -> Django | None:
    """The Django project of the tree: where its `manage.py` is."""
    manage = next(iter([*tree.glob("manage.py"), *tree.glob("{*,*/*}/manage.py")]), None)
    if manage is None:
        return None
    directory = dirname(manage)
    files = tree.subtree(directory) if directory else tree
    texts = _settings(files)
    wsgi, why = _object(files, texts, "WSGI_APPLICATION", "wsgi.py")
    asgi, asgi_why = _object(files, texts, "ASGI_APPLICATION", "asgi.py")
    if named := overrides.railpack.get("DJANGO_APP_NAME"):
        module = named if "." in named else f"{named}.wsgi"
        wsgi, why = (
            (module if ":" in module else f"{module}:application"),
            "RAILPACK_DJANGO_APP_NAME",
        )
        asgi = None
    everything = "\n".join(texts.values())
    keys = re.findall(
        r"^[ \t]*SECRET_KEY\b[^\n]*?['\"]([A-Z][A-Z0-9_]+)['\"]", everything, re.MULTILINE
    )
    asgi_set = asgi is not None and "ASGI_APPLICATION" in asgi_why
    return Django(
        directory=directory,
        wsgi=wsgi,
        asgi=asgi if asgi_set or wsgi is None else None,
        why=why if wsgi else asgi_why,
        static_root=re.search(r"^[ \t]*STATIC_ROOT\b[^=\n]*=", everything, re.MULTILINE)
        is not None,
        gis="django.contrib.gis" in everything,
        secrets=tuple(dict.fromkeys((*_SECRETS, *keys))),
        hostless={re.sub(r"#.*|\s", "", value) for value in _HOSTS.findall(everything)} == {"[]"},
    )


def _settings(files: Tree) -> Mapping[str, str]:
    """Texts of the settings modules, by path; what `manage.py` names comes first."""
    manage = files.read("manage.py") or ""
    named = re.search(r"DJANGO_SETTINGS_MODULE['\"]\s*,\s*['\"]([\w.]+)['\"]", manage)
    first = named[1].replace(".", "/") if named else ""
    paths = [*files.glob("**/settings.py"), *files.glob("**/settings/*.py")]
    paths += [*files.glob("**/settings_*.py"), *files.glob("**/config/django/*.py")]
    own = [p for p in (f"{first}.py", f"{first}/__init__.py") if first and files.exists(p)]
    return {path: files.read(path) or "" for path in dict.fromkeys((*own, *paths))}


def _object(
    files: Tree, texts: Mapping[str, str], setting: str, module: str
) -> tuple[str | None, str]:
    """What a setting names, else the one module of that name; and where it was read."""
    pattern = re.compile(_ASSIGNED.format(name=setting), re.MULTILINE)
    for path, text in texts.items():
        if found := pattern.search(text):
            dotted, _, name = found[1].rpartition(".")
            return f"{dotted}:{name}", f"{setting} in {path}"
    modules = [m for m in files.glob(f"**/{module}") if m.count("/") <= 2]
    if not modules:
        return None, ""
    first = min(modules, key=lambda m: (m.count("/"), m))
    return f"{first.removesuffix('.py').replace('/', '.')}:application", first
