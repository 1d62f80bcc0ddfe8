"""What a build gets to know of the project's variables and of the box, and by which means.

Values travel as BuildKit secrets: files that exist only while a step runs, and are no part of an
image, its history or the engine's cache. As the cache doesn't look at them either, a keyed hash goes
along as a build argument: a changed value runs again the steps that see it, and tells nobody what
it is.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

from sotabox.builds.dockerfile import (
    BUILD_HASH,
    BUILD_SECRET,
    CA_SECRET,
    HOST_SECRET,
    INSTALL_HASH,
    INSTALL_SECRET,
)
from sotabox.builds.plan import BuildMethod, BuildPlan
from sotabox.errors import Invalid

#: BuildKit's own bound on one secret.
SECRET_MAX_BYTES = 500 * 1024
#: Where the box's certificates lie during a step, and the variables that tell tools of them.
_CA_PATH = f"/run/secrets/{CA_SECRET}"
_CA_VARIABLES = (
    "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT", "NODE_EXTRA_CA_CERTS",
    "NPM_CONFIG_CAFILE", "YARN_HTTPS_CA_FILE_PATH", "CARGO_HTTP_CAINFO", "GIT_SSL_CAINFO",
    "DENO_CERT", "BUNDLE_SSL_CA_CERT", "COMPOSER_CAFILE", "HEX_CACERTS_PATH",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class HostBuild:
    """What a box gives to every build: variables (proxies, mirrors) and a certificate bundle.

    `ca` replaces the image's own bundle in most tools, so it holds the public ones too (PEM).
    """

    env: Mapping[str, str] = field(default_factory=dict)
    ca: bytes | None = None


@dataclass(frozen=True, slots=True)
class BuildSecrets:
    """Secrets by id for the build's session, build arguments, and what the Dockerfile may mount."""

    secrets: Mapping[str, bytes]
    build_args: Mapping[str, str]
    build_env: bool
    install_env: bool
    host_env: bool
    ca: bool


def build_secrets(
    plan: BuildPlan, env: Mapping[str, str], key: bytes, host: HostBuild | None = None
) -> BuildSecrets:
    """The secrets of one build.

    Args:
        env: the project's variables that the build may see.
        key: of this box, secret: without it the hashes could be tried out on guesses.

    Raises:
        Invalid: the variables are more than a build can be given.
    """
    host = host or HostBuild()
    secrets: dict[str, bytes] = {}
    if host.ca is not None:
        secrets[CA_SECRET] = host.ca
    if plan.build_method is BuildMethod.DOCKERFILE:
        # The app's own Dockerfile mounts a variable by its name.
        secrets |= {name: value.encode() for name, value in env.items()}
        args = {BUILD_HASH: hash_env(env, key), **host.env} if env else dict(host.env)
        return BuildSecrets(secrets, args, bool(env), False, False, host.ca is not None)
    host_env = {**dict.fromkeys(_CA_VARIABLES if host.ca is not None else (), _CA_PATH), **host.env}
    prefixes = plan.toolchain.env_prefixes if plan.toolchain else ()
    install = {name: value for name, value in env.items() if name.startswith(prefixes)}
    args = {}
    for secret, argument, values in (
        (BUILD_SECRET, BUILD_HASH, env),
        (INSTALL_SECRET, INSTALL_HASH, install if prefixes else {}),
        (HOST_SECRET, "", host_env),
    ):
        if values:
            secrets[secret] = _checked(render_env(values))
            if argument:
                args[argument] = hash_env(values, key)
    return BuildSecrets(
        secrets, args, bool(env), INSTALL_SECRET in secrets, bool(host_env), host.ca is not None
    )


def _checked(content: bytes) -> bytes:
    if len(content) > SECRET_MAX_BYTES:
        raise Invalid(
            f"The project's variables take {len(content) // 1000} kB, "
            f"but a build can be given {SECRET_MAX_BYTES // 1000} kB",
            hint="Keep large values in files of the app, or load them when it starts.",
        )
    return content


def render_env(env: Mapping[str, str]) -> bytes:
    """A file that a POSIX shell reads with `.`, after which every variable is exported."""
    lines = (f"export {name}='{_quoted(value)}'\n" for name, value in sorted(env.items()))
    return "".join(lines).encode()


def hash_env(env: Mapping[str, str], key: bytes) -> str:
    """A keyed hash of names and values, the same whatever their order."""
    text = b"\0".join(f"{name}={value}".encode() for name, value in sorted(env.items()))
    return hmac.new(key, text, hashlib.sha256).hexdigest()[:32]


def _quoted(value: str) -> str:
    return value.replace("'", "'\\''")
