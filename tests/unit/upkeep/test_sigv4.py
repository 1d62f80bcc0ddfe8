"""The examples in Amazon S3's reference, with their results."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from sotabox.upkeep.sigv4 import Credentials, sign_request

CREDENTIALS = Credentials(
    "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1"
)
EMPTY = hashlib.sha256(b"").hexdigest()


@pytest.mark.parametrize(
    ("path", "query", "headers", "signature"),
    [
        (
            "/test.txt",
            {},
            {"range": "bytes=0-9"},
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        (
            "/",
            {"lifecycle": ""},
            {},
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        ),
        (
            "/",
            {"max-keys": "2", "prefix": "J"},
            {},
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ],
)
def test_request_is_signed_as_the_reference_signs_it(
    path: str, query: Mapping[str, str], headers: Mapping[str, str], signature: str
) -> None:
    """A store that follows the reference lets us in."""
    signed = sign_request(
        "GET",
        path,
        query,
        {"host": "examplebucket.s3.amazonaws.com", **headers},
        EMPTY,
        credentials=CREDENTIALS,
        now=datetime(2013, 5, 24, tzinfo=UTC),
    )
    assert signed["authorization"].endswith(f"Signature={signature}")


def test_secret_is_in_no_repr() -> None:
    """A log that shows the credentials shows no secret."""
    assert "wJalr" not in repr(CREDENTIALS)
