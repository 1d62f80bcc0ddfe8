"""The address of a box, as people type it (pure)."""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from sotabox.errors import Invalid

_EXAMPLE = "Give it like https://box.example.com."


@dataclass(frozen=True, slots=True)
class BoxUrl:
    """Where a box is.

    Attributes:
        text: scheme, host and port, without a slash at its end; the name of a box in our files.
        scheme: `http` or `https`.
        host: the host's name or address, without brackets.
        netloc: host and, where it is unusual, port.
        dial: where to connect: `*.localhost` is this machine, whatever the name service says.
    """

    text: str
    scheme: str
    host: str
    netloc: str
    dial: str

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine."""
        return is_local(self.host)


def parse_box_url(text: str) -> BoxUrl:
    """The box at an address; without a scheme, a box on this machine is taken to speak plain HTTP.

    >>> parse_box_url("box.example.com/v1/").text
    'https://box.example.com'
    >>> parse_box_url("localhost:8080").dial
    'http://127.0.0.1:8080'

    Raises:
        Invalid: it isn't an address of a box.
    """
    given = text.strip()
    if "://" not in given:
        host = urlsplit(f"//{given}").hostname or ""
        given = f"{'http' if is_local(host) else 'https'}://{given}"
    try:
        parts = urlsplit(given)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise Invalid(f"{text!r} is no address of a box: {error}", hint=_EXAMPLE) from error
    path = parts.path.rstrip("/").removesuffix("/v1")
    if parts.scheme not in {"http", "https"} or not host or path or parts.query or parts.username:
        raise Invalid(f"{text!r} is no address of a box", hint=_EXAMPLE)
    netloc = _netloc(host, port)
    named_local = host == "localhost" or host.endswith(".localhost")
    dial = _netloc("127.0.0.1", port) if named_local else netloc
    return BoxUrl(
        f"{parts.scheme}://{netloc}", parts.scheme, host, netloc, f"{parts.scheme}://{dial}"
    )


def is_local(host: str) -> bool:
    """Whether a host's name or address means the machine that we are on."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _netloc(host: str, port: int | None) -> str:
    bracketed = f"[{host}]" if ":" in host else host
    return bracketed if port is None else f"{bracketed}:{port}"
