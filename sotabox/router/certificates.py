"""Certificates as visitors meet them: in a handshake with our own Caddy."""

import asyncio
import logging
import ssl
from typing import Final

from sotabox.router.spawn import gave_up, issuance_words, log_mark, read_since
from sotabox.router.terms import RouterSettings
from sotabox.settings import TlsMode
from sotabox.tasks import end_tasks

#: An authority looks from several places before it signs; most answer in some seconds.
_OBTAIN_S: Final = 60.0
_LOOK_EVERY_S: Final = 0.5
_MALFORMED: Final = "urn:ietf:params:acme:error:malformed"

_logger = logging.getLogger(__name__)


class Certificates:
    """What Caddy holds for names, and how it is made to get one."""

    def __init__(self, settings: RouterSettings) -> None:
        self._settings = settings
        self._files = settings.files
        self._account_forgotten = False

    def exists(self, name: str) -> bool:
        """Whether a certificate of `name` lies on disk, of whatever authority."""
        folder = self._files.storage / "certificates"
        return any(folder.glob(f"*/{name}/{name}.crt"))

    async def obtain(self, name: str) -> str | None:
        """Has Caddy get a certificate of `name`, unless it has one; why it has none, in words.

        Caddy takes a handshake for a name only with a certificate of that name, and on demand
        fetches it then: so the handshake is all there is to do. Who signed it is not our matter.
        Refused by its authority, Caddy keeps the handshake waiting and tries again a minute later:
        only its log tells, and so we need not wait as well.
        """
        if self._settings.tls_mode is TlsMode.OFF:
            return None
        mark = log_mark(self._files)
        handshake = asyncio.create_task(self._shake_hands(name), name=f"handshake {name}")
        refusal = asyncio.create_task(self._await_refusal(name, mark), name=f"refusal {name}")
        try:
            await asyncio.wait({handshake, refusal}, return_when=asyncio.FIRST_COMPLETED)
            if handshake.done() and handshake.result() is None:
                return None
            words = issuance_words(read_since(self._files, mark), name)
            said = words or (handshake.result() if handshake.done() else None)
            if _MALFORMED in (said or ""):
                self._forget_account()
        finally:
            await end_tasks([handshake, refusal])
        return f"DNS is right, but there is no certificate of {name} yet: {said}"

    def _forget_account(self) -> None:
        """Lets Caddy register anew with its next try, once in our life; what is certified stays.

        It keeps its account as two files. Where they don't belong together any more, each order is
        malformed, and Caddy would go on with them for ever; without the key it makes a new pair.
        """
        if not self._account_forgotten:
            self._account_forgotten = True
            for key in self._files.storage.glob("acme/*/users/*/*.key"):
                _logger.warning("an authority takes orders for malformed: forgetting %s", key)
                key.unlink(missing_ok=True)

    async def _shake_hands(self, name: str) -> str | None:
        """None after a handshake as `name`; else what the connection says of it.

        A reload of Caddy in between cuts a handshake off without a word: that one is begun again.
        """
        try:
            async with asyncio.timeout(_OBTAIN_S):
                while True:
                    try:
                        await self._shake_hands_once(name)
                    except ConnectionResetError:
                        await asyncio.sleep(_LOOK_EVERY_S)
                    else:
                        return None
        except TimeoutError:
            return f"the authority gave none within {_OBTAIN_S:.0f} s"
        except OSError as error:  # an alert of Caddy is an `ssl.SSLError`, which is one as well
            return str(error)

    async def _shake_hands_once(self, name: str) -> None:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        _, writer = await asyncio.open_connection(
            self._settings.bind or "127.0.0.1",
            self._settings.https_port,
            ssl=context,
            server_hostname=name,
            ssl_handshake_timeout=2 * _OBTAIN_S,  # ours above is the bound
        )
        writer.transport.abort()

    async def _await_refusal(self, name: str, mark: int) -> None:
        """Returns when Caddy's log says that it got no certificate."""
        while not gave_up(read_since(self._files, mark), name):  # noqa: ASYNC110  Caddy's file
            await asyncio.sleep(_LOOK_EVERY_S)
