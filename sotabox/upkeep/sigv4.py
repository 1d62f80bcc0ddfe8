"""Signs requests to S3-compatible stores (pure): AWS Signature Version 4.

Source: "Authenticating Requests (AWS Signature Version 4)" in Amazon S3's API reference; its examples
are this module's tests.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote

_ALGORITHM = "AWS4-HMAC-SHA256"
_SERVICE = "s3"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who signs, and for which region."""

    key_id: str
    secret: str = field(repr=False)
    region: str


def sign_request(
    method: str,
    path: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    body_sha256: str,
    *,
    credentials: Credentials,
    now: datetime,
) -> dict[str, str]:
    """The headers of a request, completed by those that authenticate it.

    Args:
        path: encoded as it is sent; query: not encoded.
        headers: all that are to be signed, `host` among them; names in lower case.
        body_sha256: in hex.
    """
    moment = now.astimezone(UTC)
    stamp, day = f"{moment:%Y%m%dT%H%M%SZ}", f"{moment:%Y%m%d}"
    signed = dict(headers) | {"x-amz-content-sha256": body_sha256, "x-amz-date": stamp}
    names = sorted(signed)
    canonical = "\n".join(
        (
            method,
            path,
            render_query(query),
            *(f"{name}:{signed[name].strip()}" for name in names),
            "",
            ";".join(names),
            body_sha256,
        )
    )
    scope = f"{day}/{credentials.region}/{_SERVICE}/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    key = f"AWS4{credentials.secret}".encode()
    for word in (day, credentials.region, _SERVICE, "aws4_request"):
        key = hmac.digest(key, word.encode(), "sha256")
    text = f"{_ALGORITHM}\n{stamp}\n{scope}\n{digest}"
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    return signed | {
        "authorization": f"{_ALGORITHM} Credential={credentials.key_id}/{scope},"
        f"SignedHeaders={';'.join(names)},Signature={signature}"
    }


def render_query(query: Mapping[str, str]) -> str:
    """A query in the one form that is signed and sent.

    >>> render_query({"prefix": "a b/c", "list-type": "2"})
    'list-type=2&prefix=a%20b%2Fc'
    """
    pairs = sorted(
        (quote(name, safe="-_.~"), quote(text, safe="-_.~")) for name, text in query.items()
    )
    return "&".join(f"{name}={text}" for name, text in pairs)
