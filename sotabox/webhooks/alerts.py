"""What the box tells outside about itself: one URL of its settings, signed like webhooks."""

import asyncio
import logging
from collections.abc import Callable
from ssl import SSLContext, create_default_context

import msgspec

from sotabox.crypto.tokens import sign
from sotabox.errors import Invalid
from sotabox.model.times import now
from sotabox.settings import Settings
from sotabox.webhooks.addresses import Policy
from sotabox.webhooks.resolver import Resolver
from sotabox.webhooks.sender import Sender

_logger = logging.getLogger(__name__)


class _Data(msgspec.Struct):
    domain: str
    message: str


class _Body(msgspec.Struct):
    event: str
    timestamp: str
    data: _Data


class Alerts:
    """Posts to `alert_url`. The address is the administrator's own: it may be a private one."""

    def __init__(
        self,
        settings: Settings,
        version: str,
        trust: Callable[[], SSLContext] = create_default_context,
    ) -> None:
        self._settings = settings
        self._version = version
        self._resolver = Resolver(Policy(private=True, own_networks=()))
        self._sender = Sender(self._resolver, trust)

    async def send(self, event: str, message: str) -> bool:
        """Tells it; whether it was taken in, or there is nobody to tell."""
        url = self._settings.alert_url
        if not url:
            return True
        body = msgspec.json.encode(_Body(event, now(), _Data(self._settings.domain, message)))
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"sotabox/{self._version}",
            "X-Sota-Event": event,
        }
        try:
            if secret := await asyncio.to_thread(self._secret):
                headers["X-Sota-Signature"] = f"sha256={sign(body, secret)}"
        except Invalid as error:
            _logger.warning("an alert can't be signed: %s", error)
            return False
        attempt = await self._sender.post(url, body, headers)
        if not attempt.accepted:
            _logger.warning(
                "the alert %s was not taken in: %s", event, attempt.error or attempt.response_status
            )
        return attempt.accepted

    async def close(self) -> None:
        """Ends what is under way."""
        await self._sender.close()
        self._resolver.close()

    def _secret(self) -> str:
        file = self._settings.alert_secret_file
        if not file.name:
            return ""
        try:
            return file.read_text(encoding="utf-8").partition("\n")[0].strip()
        except (OSError, UnicodeDecodeError) as error:
            raise Invalid(f"The secret's file {file} can't be read: {error}") from error
