"""Certificates as visitors meet them: in a handshake with our own Caddy."""

import asyncio
import ssl
from typing import Final

from sotabox.router.config import RouterSettings
from sotabox.router.spawn import issuance_words, log_mark, read_since
from sotabox.settings import TlsMode

#: An authority looks from several places before it signs; most answer in some seconds.
_OBTAIN_S: Final = 60.0


class Certificates:
    """What Caddy holds for names, and how it is made to get one."""

    def __init__(self, settings: RouterSettings) -> None:
        self._settings = settings
        self._files = settings.files

    def exists(self, name: str) -> bool:
        """Whether a certificate of `name` lies on disk, of whatever authority."""
        folder = self._files.storage / "certificates"
        return any(folder.glob(f"*/{name}/{name}.crt"))

    async def obtain(self, name: str) -> str | None:
        """Has Caddy get a certificate of `name`, unless it has one; why it has none, in words.

        Caddy takes a handshake for a name only with a certificate of that name, and on demand
        fetches it then: so the handshake is all there is to do. Who signed it is not our matter.
        """
        if self._settings.tls_mode is TlsMode.OFF:
            return None
        mark = log_mark(self._files)
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        host = self._settings.bind or "127.0.0.1"
        try:
            _, writer = await asyncio.open_connection(
                host,
                self._settings.https_port,
                ssl=context,
                server_hostname=name,
                ssl_handshake_timeout=_OBTAIN_S,
            )
        except OSError as error:  # an alert of Caddy, or the end of our patience, is one as well
            said = issuance_words(read_since(self._files, mark), name) or _words(error)
            return f"DNS is right, but there is no certificate of {name} yet: {said}"
        writer.transport.abort()
        return None


def _words(error: OSError) -> str:
    if isinstance(error, ConnectionAbortedError):
        return f"the authority gave none within {_OBTAIN_S:.0f} s"
    return str(error)
