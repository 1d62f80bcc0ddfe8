"""Names of images, and which registry's credentials they take (pure).

No registry is known by name here, but for the ways to write the engine's default one: which stands
behind names without a host, the engine tells.
"""

import base64
import json
from collections.abc import Mapping
from typing import Any, Final

Credentials = tuple[str, str]  # user, password

_DEFAULT_TAG: Final = "latest"
#: Ways to write the engine's default registry in front of a name, and its namespace.
_DEFAULTS: Final = ("docker.io/", "index.docker.io/")
_NAMESPACE: Final = "library/"


def split_ref(ref: str) -> tuple[str, str]:
    """The name and the tag or digest of an image reference.

    >>> split_ref("host:5000/team/app@sha256:00ff")
    ('host:5000/team/app', 'sha256:00ff')
    >>> split_ref("python")
    ('python', 'latest')
    """
    name, at, digest = ref.partition("@")
    head, slash, last = name.rpartition("/")
    base, _, tag = last.partition(":")
    return head + slash + base, digest if at else tag or _DEFAULT_TAG


def familiar_name(ref: str) -> str:
    """The name in a reference as the engine itself lists it.

    >>> familiar_name("docker.io/library/python:3.13"), familiar_name("docker.io/team/app")
    ('python', 'team/app')
    """
    name = split_ref(ref)[0]
    for default in _DEFAULTS:
        name = name.removeprefix(default)
    bare = name.removeprefix(_NAMESPACE)
    return name if "/" in bare else bare


def registry_of(ref: str) -> str | None:
    """The registry's host in a reference; None when it names the engine's default registry."""
    first, slash, _ = ref.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return first
    return None


def official_registry(info: Mapping[str, Any]) -> str:
    """The domain of the engine's default registry, from its answer to `info`."""
    indexes = (info.get("RegistryConfig") or {}).get("IndexConfigs") or {}
    for name, index in indexes.items():
        if index and index.get("Official"):
            return str(name)
    return _host(str(info.get("IndexServerAddress", "")))


def credentials_for(
    host: str | None, known: Mapping[str, Credentials], official: str
) -> Credentials | None:
    """What to show to a registry.

    Args:
        host: as the engine or a reference names it; None for the default registry.
        known: by host or address, as people write them: with or without scheme and path.
        official: the default registry's domain. It answers to several names below it, and
            credentials given for any of them hold for all.
    """
    by_host = {_host(address): pair for address, pair in known.items()}
    wanted = official if host is None else _host(host)
    if wanted in by_host:
        return by_host[wanted]
    if official and _is_below(wanted, official):
        return next((p for name, p in by_host.items() if _is_below(name, official)), None)
    return None


def auth_header(credentials: Credentials) -> str:
    """The value of `X-Registry-Auth`."""
    user, password = credentials
    text = json.dumps({"username": user, "password": password})
    return base64.urlsafe_b64encode(text.encode()).decode()


def _host(address: str) -> str:
    return (
        address.partition("://")[2].partition("/")[0]
        if "://" in address
        else (address.partition("/")[0])
    )


def _is_below(host: str, domain: str) -> bool:
    return host == domain or host.endswith(f".{domain}")
