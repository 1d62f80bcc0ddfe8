"""Visitors of an app on a server, over TLS, one request after the other on fresh connections."""

import http.client
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_TIMEOUT_S: Final = 10
_PAUSE_S: Final = 0.1


class Visitors:
    """Who asks for the page of one app, and counts what comes."""

    def __init__(self, port: int, host: str) -> None:
        self._port = port
        self._host = host
        self._trust = ssl.create_default_context()
        self._trust.check_hostname = False  # the box has an authority of its own
        self._trust.verify_mode = ssl.CERT_NONE

    def ask(self) -> tuple[int, str]:
        """Status and body of one answer; 0 where none came, and why."""
        try:
            connection = http.client.HTTPSConnection(
                "127.0.0.1", self._port, timeout=_TIMEOUT_S, context=self._trust
            )
            # By hand: its name is the app's, its address this machine's.
            plain = socket.create_connection(("127.0.0.1", self._port), timeout=_TIMEOUT_S)
            connection.sock = self._trust.wrap_socket(plain, server_hostname=self._host)
            try:
                connection.request("GET", "/", headers={"Host": self._host, "Connection": "close"})
                answer = connection.getresponse()
                return answer.status, answer.read().decode()
            finally:
                connection.close()
        except (OSError, http.client.HTTPException) as error:
            return 0, f"{type(error).__name__}: {error}"

    @contextmanager
    def asking(self) -> Iterator[Counter[int | str]]:
        """Asks all the time while the block runs; counts by status, or why none came, whole at its end."""
        seen = Counter[int | str]()
        over = threading.Event()

        def ask_on() -> None:
            while not over.is_set():
                status, said = self.ask()
                seen[status or said] += 1
                over.wait(_PAUSE_S)

        thread = threading.Thread(target=ask_on)
        thread.start()
        try:
            yield seen
        finally:
            over.set()
            thread.join()

    def wait_for(self, body: str, within_s: float) -> float:
        """Seconds until the app answers with a page.

        Raises:
            TimeoutError: it does not; what it answered instead.
        """
        began = time.monotonic()
        while (found := self.ask()) != (200, body):
            if time.monotonic() - began > within_s:
                raise TimeoutError(f"no {body!r} within {within_s} s, but {found}")
            time.sleep(_PAUSE_S)
        return time.monotonic() - began
