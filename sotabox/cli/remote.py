"""A client of a box's API, wherever the box is."""

# ruff: noqa: E402  one line has to come before the imports

import os
import re
import ssl
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

# httpx brings its own command line where what that needs is installed, which is half of the time that
# `sotabox projects` takes to begin. A module that is None counts as missing.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
import httpx

from sotabox import __version__
from sotabox.cli.answers import failure_of
from sotabox.cli.box_url import BoxUrl
from sotabox.cli.events import Event, parse_events
from sotabox.errors import BadRequest, RateLimited, Unauthorized, Unavailable

_CONNECT_S: Final = 10
_ANSWER_S: Final = 60
_UPLOAD_ANSWER_S: Final = 300  # the box unpacks and checks before it answers
#: The box sends a comment every 15 s; a stream that is silent for longer is dead.
_SILENCE_S: Final = 60
_DISTRUST: Final = "CERTIFICATE_VERIFY_FAILED"
_PIECE_BYTES: Final = 64 * 1024
_PATIENCE_S: Final = 60
_TRIES: Final = 3
_BOUNDARY: Final = "sotabox-archive-1a9f6b"
_HEAD: Final = (
    f"--{_BOUNDARY}\r\n"
    'Content-Disposition: form-data; name="archive"; filename="{}.tar.gz"\r\n'
    "Content-Type: application/gzip\r\n\r\n"
)
_NOT_IN_NAME: Final = re.compile(r"[^\w. +-]")
_TAIL: Final = f"\r\n--{_BOUNDARY}--\r\n".encode()


class Remote:
    """A box and the key to it; a context manager.

    Every call may raise what `answers.failure_of` gives, and `Unavailable` where the box can't be
    reached.
    """

    def __init__(self, url: BoxUrl, api_key: str | None = None) -> None:
        self.url = url
        headers = {"User-Agent": f"sotabox/{__version__}", "Host": url.netloc}
        if api_key:
            headers["Authorization"] = f"Bearer {_checked(api_key)}"
        trust = _trust() if url.scheme == "https" else False
        try:
            self._client = httpx.Client(
                base_url=url.dial,
                headers=headers,
                timeout=httpx.Timeout(_ANSWER_S, connect=_CONNECT_S),
                trust_env=not url.is_local,  # no proxy leads to this machine
                verify=trust,
            )
        except (ValueError, ImportError) as error:
            raise BadRequest(
                f"The proxy that the environment names can't be used: {error}",
                hint="HTTPS_PROXY and ALL_PROXY take http://HOST:PORT.",
            ) from error

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
        """The `data` of an answer; None where it has no body."""
        answer = self.bare(method, path, **options)
        return None if answer is None else answer["data"]

    def bare(self, method: str, path: str, **options: Any) -> Any:
        """The whole JSON of an answer; None where it has no body."""
        answer = self._send(lambda: self._client.build_request(method, f"/v1{path}", **options))
        return self._content(answer) if answer.content else None

    def text(self, path: str) -> str:
        """The body of an answer that is plain text."""
        headers = {"Accept": "text/plain"}
        return self._send(
            lambda: self._client.build_request("GET", f"/v1{path}", headers=headers)
        ).text

    def pages(self, path: str) -> Iterator[Any]:
        """Each thing of a list, however many pages it has."""
        cursor = None
        while True:
            query = {"limit": "100"} | ({"cursor": cursor} if cursor else {})
            page = self.bare("GET", path, params=query)
            yield from page["data"]
            cursor = page.get("pagination", {}).get("next_cursor")
            if not cursor:
                return

    def events(
        self, path: str, after: str | None = None, *, method: str = "GET", **options: Any
    ) -> Iterator[Event]:
        """The events of a stream until the box ends it, from behind the id `after`."""
        headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": after} if after else {})
        timeout = httpx.Timeout(_SILENCE_S, connect=_CONNECT_S)
        answer = self._send(
            lambda: self._client.build_request(
                method, f"/v1{path}", headers=headers, timeout=timeout, **options
            ),
            stream=True,
        )
        try:
            yield from parse_events(answer.iter_bytes())
        except httpx.TransportError as error:
            raise Unavailable(f"The stream broke off: {_words(error)}") from error
        finally:
            answer.close()

    def upload(
        self, path: str, archive: Path, on_sent: Callable[[int], None], *, folder: Path
    ) -> Any:
        """Sends an archive of `folder`; `on_sent` hears how many of its bytes have gone so far."""
        name = _NOT_IN_NAME.sub("_", folder.resolve().name)[:80]
        head = _HEAD.format(name or "archive").encode(errors="replace")
        length = len(head) + archive.stat().st_size + len(_TAIL)
        headers = {
            "Content-Type": f"multipart/form-data; boundary={_BOUNDARY}",
            "Content-Length": str(length),
        }
        timeout = httpx.Timeout(_UPLOAD_ANSWER_S, connect=_CONNECT_S)
        answer = self._send(
            lambda: self._client.build_request(
                "POST",
                f"/v1{path}",
                headers=headers,
                content=_body(head, archive, on_sent),
                timeout=timeout,
            )
        )
        return self._content(answer)["data"]

    def _content(self, answer: httpx.Response) -> Any:
        try:
            return answer.json()
        except ValueError as error:
            kind = answer.headers.get("Content-Type", "something")
            raise BadRequest(
                f"What answers at {self.url.text} is no box: it sent {kind} where JSON belongs",
                hint="Is the address right?",
            ) from error

    def _send(self, build: Callable[[], httpx.Request], *, stream: bool = False) -> httpx.Response:
        """An answer that is none of failure. Who is too fast for the box waits, as it says."""
        for left in reversed(range(_TRIES)):
            try:
                request = build()
            except UnicodeEncodeError as error:
                raise BadRequest("What was given is not all UTF-8, as text has to be") from error
            request.extensions["sni_hostname"] = self.url.host
            try:
                answer = self._client.send(request, stream=stream)
                if answer.is_success:
                    return answer
                body = answer.read()
            except httpx.TransportError as error:
                raise self._unreachable(error) from error
            if answer.is_redirect:
                raise self._elsewhere(answer)
            failure = failure_of(answer.status_code, body, answer.headers.get("Retry-After"))
            if not isinstance(failure, RateLimited) or not left:
                raise failure
            time.sleep(min(failure.retry_after_s, _PATIENCE_S))
        raise AssertionError  # the last try returns or raises

    def _elsewhere(self, answer: httpx.Response) -> BadRequest:
        target = answer.next_request.url if answer.next_request else answer.headers["Location"]
        return BadRequest(
            f"{self.url.text} sends everybody on to {target}",
            hint="Log in at that address: your key is not sent after it.",
        )

    def _unreachable(self, error: httpx.TransportError) -> Unavailable:
        hint = "Is the address right, and does the box run? On its server: sotabox doctor"
        if _DISTRUST in str(error):
            hint = "If it has an authority of its own, give that one's root: SSL_CERT_FILE=root.crt"
        return Unavailable(
            f"The box at {self.url.text} can't be reached: {_words(error)}", hint=hint
        )


def _trust() -> ssl.SSLContext:
    """Whom browsers trust, or SSL_CERT_FILE says, and whom this machine trusts besides."""
    try:
        context = httpx.create_ssl_context()
    except OSError as error:
        named = os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR")
        raise BadRequest(
            f"The certificates to trust can't be read: {named}: {error.strerror or error}",
            hint="SSL_CERT_FILE names a file of certificates in PEM.",
        ) from error
    context.load_default_certs()
    return context


def _checked(api_key: str) -> str:
    """The key, if a header can hold it: what could not is no key, and is not shown."""
    if api_key.isascii() and api_key.isprintable():
        return api_key
    raise Unauthorized("The given API key is none", hint="A key begins with sota_, on one line.")


def _body(head: bytes, archive: Path, on_sent: Callable[[int], None]) -> Iterator[bytes]:
    yield head
    sent = 0
    with archive.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            yield piece
            sent += len(piece)
            on_sent(sent)
    yield _TAIL


def _words(error: httpx.TransportError) -> str:
    if isinstance(error, httpx.ConnectTimeout):
        return f"nobody took the connection within {_CONNECT_S} s"
    if isinstance(error, httpx.TimeoutException):
        return "it did not answer in time"
    return str(error) or type(error).__name__
