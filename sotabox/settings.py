"""Every setting of a box, in one table: name, type, default, unit, meaning.

A flag (`--http-port 8080`) wins over the environment (`SOTABOX_HTTP_PORT=8080`), which wins over the
default. `docs/settings.md` is checked against this table by a test.
"""

import math
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from ipaddress import IPv4Network, ip_address
from pathlib import Path
from typing import Any, Final, get_type_hints

from sotabox.errors import Invalid


class TlsMode(StrEnum):
    """Who vouches for the certificates."""

    AUTO = "auto"  # a public authority, by ACME
    INTERNAL = "internal"  # Caddy's own authority: for a laptop or a private network
    OFF = "off"  # plain HTTP only


def _setting(default: Any, help_: str, unit: str = "") -> Any:
    return field(default=default, metadata={"help": help_, "unit": unit})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    data_dir: Path = _setting(Path("/var/lib/sotabox"), "Where everything of this box is kept")
    domain: str = _setting("localhost", "Apps live at {slug}.{domain}, the API at {domain}/v1")
    listen: str = _setting("127.0.0.1:7680", "Address of the control plane; keep it on loopback")
    http_port: int = _setting(80, "Port on which Caddy serves HTTP", "port")
    https_port: int = _setting(443, "Port on which Caddy serves HTTPS", "port")
    tls: TlsMode = _setting(TlsMode.AUTO, "Certificates: auto, internal or off")
    acme_email: str = _setting("", "Address that the certificate authority may write to")
    acme_ca: str = _setting(
        "", "URL of another ACME authority's directory, instead of Let's Encrypt"
    )
    acme_ca_root: Path = _setting(Path(), "PEM file with the root by which that authority is known")
    public_ip: str = _setting(
        "", "Addresses of this box as the internet sees them, for DNS; empty: found by itself"
    )
    dns: str = _setting(
        "", "Name server asked about custom domains, HOST:PORT; empty: the system's"
    )
    domains_max: int = _setting(5, "Custom domains of a project", "domains")
    docker_host: str = _setting("unix:///var/run/docker.sock", "The engine's socket")
    network_pool: IPv4Network = _setting(
        IPv4Network("10.213.0.0/16"), "Addresses from which each project gets its own network"
    )
    upload_max_bytes: int = _setting(50_000_000, "Largest archive accepted", "bytes")
    unpacked_max_bytes: int = _setting(1_000_000_000, "Largest tree in an archive", "bytes")
    files_max: int = _setting(50_000, "Most entries in an archive", "files")
    builds_at_once: int = _setting(1, "Builds running at the same time", "builds")
    queue_max: int = _setting(100, "Deployments waiting before new ones are refused", "deployments")
    build_timeout_s: int = _setting(900, "A build is ended after this time", "seconds")
    build_memory_mb: int = _setting(0, "Memory of all builds together; 0: half of the box", "MB")
    build_memory_floor_mb: int = _setting(
        100, "A build waits while less memory than this is free; 0: never", "MB"
    )
    build_cpus: float = _setting(0, "CPU limit of all builds together; 0: all", "cores")
    build_pids: int = _setting(2048, "Process limit of all builds together", "processes")
    build_env: str = _setting(
        "", "Variables of every build step, such as proxies and mirrors: NAME=value NAME=value"
    )
    build_ca: Path = _setting(
        Path(), "PEM bundle that builds trust instead of their image's (a company's authority)"
    )
    railpack_frontend: str = _setting(
        "", "Image of Railpack's frontend, without a tag, where apps may be built by Railpack"
    )
    docker_config: Path = _setting(
        Path("/root/.docker/config.json"), "Where `docker login` keeps registry passwords"
    )
    health_timeout_s: int = _setting(60, "How long an app may take until it is healthy", "seconds")
    drain_timeout_s: int = _setting(
        30, "How long an old version may finish its requests after a swap", "seconds"
    )
    stop_grace_s: int = _setting(10, "Time between SIGTERM and SIGKILL for an app", "seconds")
    app_memory_mb: int = _setting(512, "Memory limit of an app's container", "MB")
    app_cpus: float = _setting(1.0, "CPU limit of an app's container", "cores")
    app_pids: int = _setting(512, "Process limit of an app's container", "processes")
    releases_kept: int = _setting(5, "Images kept for each project, to roll back to", "images")
    build_cache_mb: int = _setting(2000, "Build cache kept after a deploy", "MB")
    command_timeout_s: int = _setting(
        3600, "Longest time that a one-off command may run", "seconds"
    )
    disk_floor_mb: int = _setting(1000, "Deploys are refused with less free disk than this", "MB")
    gc_every_h: int = _setting(
        6,
        "How often images, archives, logs and build cache are tidied up; 0: when the disk runs short",
        "hours",
    )
    logs_kept_days: int = _setting(
        90, "Logs of deployments that can't be rolled back to are kept this long", "days"
    )
    backup_dir: Path = _setting(
        Path(), "Folder for scheduled backups, best on another disk; empty: none are made"
    )
    backup_every_h: int = _setting(24, "Time between scheduled backups", "hours")
    backups_kept: int = _setting(7, "Scheduled backups kept in their folder", "backups")
    backup_passphrase_file: Path = _setting(
        Path(), "File whose first line is the passphrase of backups; empty: they aren't encrypted"
    )
    alert_url: str = _setting(
        "", "URL that is posted to when backups begin to fail, and when they work again"
    )
    alert_secret_file: Path = _setting(
        Path(), "File whose first line signs what is posted there, as webhooks are signed"
    )
    backup_store: str = _setting(
        "", "S3-compatible store for backups: s3://BUCKET or s3://BUCKET/FOLDER; empty: none"
    )
    backup_store_endpoint: str = _setting("", "URL of that store; empty: Amazon's in the region")
    backup_store_region: str = _setting("us-east-1", "Region of that store")
    backup_store_key_id: str = _setting("", "Id of the access key to that store")
    backup_store_secret_file: Path = _setting(
        Path(), "File whose first line is the secret of that access key"
    )
    releases: str = _setting("", "URL below which releases of sotabox lie, for `sotabox upgrade`")
    release_key: Path = _setting(
        Path(), "Public key of those who sign releases (OpenSSH's form); empty: sotabox's own"
    )
    metrics_token_file: Path = _setting(
        Path(), "File whose first line opens /metrics, as a bearer token; empty: there is none"
    )
    stream_max_s: int = _setting(900, "Longest life of a log stream's connection", "seconds")
    rate_limit: int = _setting(100, "API requests a minute and user; 0: no limit", "requests")
    webhook_private: bool = _setting(
        False, "Whether webhooks may lead into private networks and to this box itself"
    )
    git_timeout_s: int = _setting(300, "A fetch from Git is ended after this time", "seconds")
    private_sources: bool = _setting(
        False,
        "Whether images and Git repositories may come from private networks and this box itself, "
        "and Git over plain HTTP",
    )
    log_level: str = _setting("info", "debug, info, warning or error")
    log_format: str = _setting("text", "Form of the log's lines: text or json")

    @property
    def backs_up(self) -> bool:
        """Whether backups are made by the clock."""
        return bool(self.backup_dir.name or self.backup_store)

    @property
    def listen_address(self) -> tuple[str, int]:
        """Host and port of the control plane."""
        host, _, port = self.listen.rpartition(":")
        return host.strip("[]"), int(port)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table, as documentation and the command line need it."""

    name: str
    kind: type
    default: Any
    unit: str
    help: str

    @property
    def env(self) -> str:
        return f"SOTABOX_{self.name.upper()}"

    @property
    def flag(self) -> str:
        return f"--{self.name.replace('_', '-')}"


_HINTS: Final = get_type_hints(Settings)
TABLE: Final = tuple(
    Row(f.name, _HINTS[f.name], f.default, f.metadata["unit"], f.metadata["help"])
    for f in fields(Settings)
)


def load_settings(flags: Mapping[str, str | None], environ: Mapping[str, str]) -> Settings:
    """The settings of this start.

    Args:
        flags: values from the command line by setting name; None means not given.
        environ: the process's environment.

    Raises:
        Invalid: a value can't be read as its setting's type, or makes no sense; the message
            names where it came from.
    """
    values = {}
    for row in TABLE:
        if (text := flags.get(row.name)) is not None:
            values[row.name] = _parse(row, text, row.flag)
        elif (text := environ.get(row.env)) is not None:
            values[row.name] = _parse(row, text, row.env)
    return Settings(**values)


def _parse(row: Row, text: str, origin: str) -> Any:
    problem: str | None
    try:
        value = _read_bool(text) if row.kind is bool else row.kind(text)
    except ValueError:
        value, problem = None, f"it is not {_KINDS[row.kind]}"
    else:
        problem = _number_problem(row, value) or _CHECKS.get(row.name, _fine)(value)
    if problem:
        raise Invalid(
            f"{origin}={text!r} is not valid: {problem}",
            hint=f"{row.help}. The default is {row.default or 'empty'}.",
        )
    return value


def _read_bool(text: str) -> bool:
    if text.lower() not in _BOOLS:
        raise ValueError(text)
    return _BOOLS[text.lower()]


_BOOLS: Final = {"true": True, "1": True, "false": False, "0": False}
_KINDS: Final[Mapping[type, str]] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    IPv4Network: "an IPv4 network, such as 10.213.0.0/16",
    TlsMode: f"one of {', '.join(TlsMode)}",
}
_MAY_BE_ZERO: Final = frozenset(
    {"build_memory_mb", "build_memory_floor_mb", "build_cpus", "build_cache_mb", "disk_floor_mb",
     "drain_timeout_s", "gc_every_h", "stop_grace_s", "rate_limit"}
)  # fmt: skip
_LABEL: Final = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN: Final = re.compile(rf"(?=.{{1,189}}$){_LABEL}(\.{_LABEL})*")  # 253 with a slug before it
_STORE: Final = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^/]+)*/?")
_WEB: Final = re.compile(r"https?://[^/]+")
_LOG_LEVELS: Final = ("debug", "info", "warning", "error")
_SMALLEST_POOL: Final = 24
_ENGINE_LEAST_MB: Final = 6


def _number_problem(row: Row, value: Any) -> str | None:
    """Why a number is out of its range, in words; None when it isn't, or is no number."""
    if row.unit == "port" and not 0 < value < 65536:
        return "a port is 1 to 65535"
    if row.kind not in (int, float):
        return None
    if row.name in _MAY_BE_ZERO:
        return None if value >= 0 else "it must not be negative"
    return None if 0 < value < math.inf else "it must be more than 0"


def _fine(_: Any) -> None:
    """For settings of which every value will do."""


def _check_listen(text: str) -> str | None:
    host, _, port = text.rpartition(":")
    is_port = port.isascii() and port.isdigit() and 0 < int(port) < 65536
    return None if host and is_port else "it is not HOST:PORT"


def _check_domain(text: str) -> str | None:
    if _DOMAIN.fullmatch(text):
        return None
    return "it must be a host name in lower case, without scheme, port or path"


def _check_build_env(text: str) -> str | None:
    try:
        words = shlex.split(text)
    except ValueError as error:
        return f"it is not a list of NAME=value: {str(error).lower()}"
    wrong = next((word for word in words if not word.partition("=")[1]), None)
    return f"it is not a list of NAME=value: {wrong!r} has no '='" if wrong else None


def _check_pool(pool: IPv4Network) -> str | None:
    if pool.prefixlen <= _SMALLEST_POOL:
        return None
    return f"it is too small: each project takes a /27 of it; give at least a /{_SMALLEST_POOL}"


def _check_addresses(text: str) -> str | None:
    for word in text.replace(",", " ").split():
        try:
            ip_address(word)
        except ValueError:
            return f"{word!r} is not an IP address"
    return None


def _check_dns(text: str) -> str | None:
    host = text.rpartition(":")[0].strip("[]")
    return None if not text else _check_listen(text) or _check_addresses(host)


_CHECKS: Final[Mapping[str, Callable[[Any], str | None]]] = {
    "acme_ca": lambda url: (
        None if not url or url.startswith("https://") else "it must begin with https://"
    ),
    "acme_ca_root": lambda path: None if not path.name or path.is_file() else "it is not a file",
    "app_memory_mb": lambda mb: (
        None if mb >= _ENGINE_LEAST_MB else f"the engine gives at least {_ENGINE_LEAST_MB} MB"
    ),
    "alert_url": lambda url: (
        None if not url or _WEB.match(url) else "it must begin with https:// or http://"
    ),
    "backup_dir": lambda path: (
        None if not path.name or path.is_absolute() else "it is not an absolute path"
    ),
    "backup_store": lambda text: (
        None
        if not text or _STORE.fullmatch(text)
        else "it is not s3://BUCKET or s3://BUCKET/FOLDER"
    ),
    "backup_store_endpoint": lambda url: (
        None if not url or _WEB.match(url) else "it must begin with https:// or http://"
    ),
    "build_ca": lambda path: None if not path.name or path.is_file() else "it is not a file",
    "build_env": _check_build_env,
    "data_dir": lambda path: None if path.name else "it must be a folder of its own",
    "dns": _check_dns,
    "domain": _check_domain,
    "listen": _check_listen,
    "log_format": lambda text: None if text in ("text", "json") else "it is not text or json",
    "log_level": lambda text: (
        None if text.lower() in _LOG_LEVELS else f"it is not one of {', '.join(_LOG_LEVELS)}"
    ),
    "network_pool": _check_pool,
    "public_ip": _check_addresses,
}
