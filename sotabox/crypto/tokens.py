"""What opens the box, or shows that it has spoken: fresh keys and tokens, digests, signatures."""

import hashlib
import hmac
import secrets
from typing import Final

_KEY_PREFIX_SHOWN: Final = 13
_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # none is taken for another


def new_api_key() -> str:
    """A fresh key of a user."""
    return f"sota_{secrets.token_hex(20)}"


def new_partner_key() -> str:
    """A fresh key of a partner."""
    return f"sotap_{secrets.token_hex(20)}"


def key_prefix(key: str) -> str:
    """The part of a key that may be shown again."""
    return key[:_KEY_PREFIX_SHOWN]


def new_setup_token() -> str:
    """A fresh token of a setup link, such as `K7Q2-9ZXA-…`: 100 random bits, easy to type."""
    groups = ("".join(secrets.choice(_CROCKFORD) for _ in range(4)) for _ in range(5))
    return "-".join(groups)


def read_setup_token(text: str) -> str:
    """A setup link's token as it was meant: small letters and the usual mistakes are the same."""
    plain = text.strip().upper().translate(str.maketrans("OIL", "011", "- "))
    return "-".join(plain[at : at + 4] for at in range(0, len(plain), 4))


def new_webhook_secret() -> str:
    """A fresh secret, by which a webhook's receiver knows that the box has sent something."""
    return f"whsec_{secrets.token_hex(32)}"


def digest_token(token: str) -> str:
    """What is stored of a token: its SHA-256, in hex."""
    return hashlib.sha256(token.encode()).hexdigest()


def sign(body: bytes, secret: str) -> str:
    """The signature of a body: its HMAC-SHA256 with the whole secret, in hex."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
