"""The public API of the box on this host, asked the way everybody asks: through its Caddy.

Names need not resolve: connections go to loopback, the name travels as `Host` and in TLS.
"""

import ssl
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Final, Self

import httpx

from sotabox.cli.addresses import router_settings
from sotabox.cli.answers import failure_of
from sotabox.errors import Unavailable
from sotabox.router.terms import RouterSettings
from sotabox.settings import Settings, TlsMode

_TIMEOUT_S: Final = 30


class LocalBox:
    """A client of this host's box; a context manager."""

    def __init__(self, settings: Settings, api_key: str = "") -> None:
        self._router = router_settings(settings)
        self._authorization = f"Bearer {api_key}"
        secure = self._router.tls_mode is not TlsMode.OFF
        port = settings.https_port if secure else settings.http_port
        self._client = httpx.Client(
            base_url=f"{'https' if secure else 'http'}://127.0.0.1:{port}",
            timeout=_TIMEOUT_S,
            trust_env=False,
            verify=_trust(self._router) if secure else True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def call(self, method: str, path: str, **options: Any) -> Any:
        """The `data` of an API answer.

        Raises:
            SotaboxError: what the box answered, or that it doesn't.
        """
        request = self._request(method, self._router.domain, path, **options)
        request.headers["Authorization"] = self._authorization
        answer = self._send(request)
        answer.read()
        if answer.is_error:
            raise failure_of(answer.status_code, answer.content)
        return answer.json()["data"]

    def events(self, path: str) -> Iterator[str]:
        """The `data` lines of an event stream, until the box ends it."""
        request = self._request("GET", self._router.domain, path, timeout=None)
        request.headers["Authorization"] = self._authorization
        answer = self._send(request, stream=True)
        try:
            for line in answer.iter_lines():
                if line.startswith("data:"):
                    yield line.removeprefix("data:").removeprefix(" ")
        except httpx.TransportError as error:
            raise Unavailable(f"the log stream broke off: {error}") from error
        finally:
            answer.close()

    def page(self, slug: str, path: str) -> tuple[int, str]:
        """Status and body of a page of an app."""
        answer = self._send(self._request("GET", f"{slug}.{self._router.domain}", path))
        return answer.status_code, answer.text

    def _request(self, method: str, host: str, path: str, **options: Any) -> httpx.Request:
        request = self._client.build_request(method, path, **options)
        request.headers["Host"] = host
        request.extensions["sni_hostname"] = host
        return request

    def _send(self, request: httpx.Request, *, stream: bool = False) -> httpx.Response:
        try:
            return self._client.send(request, stream=stream)
        except httpx.TransportError as error:
            raise Unavailable(
                f"the box does not answer at {request.url.copy_with(path='/')}: {error}",
                hint="Look at its log, or start it: sudo ./install.sh",
            ) from error


def _trust(router: RouterSettings) -> ssl.SSLContext:
    context = ssl.create_default_context()
    root = router.files.storage / "pki" / "authorities" / "local" / "root.crt"
    if router.tls_mode is TlsMode.INTERNAL and root.is_file():
        context.load_verify_locations(root)
    return context
