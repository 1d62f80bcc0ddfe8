"""Keys that people and programs hold."""

from sotabox.crypto.tokens import digest_token, key_prefix, new_api_key


def test_api_key_is_known_by_its_digest_only() -> None:
    """160 random bits; what may be shown again is not enough to guess the rest."""
    keys = {new_api_key() for _ in range(100)}
    assert len(keys) == 100
    key = keys.pop()
    assert key.startswith("sota_")
    assert len(key) == 45
    assert len(key_prefix(key)) == 13
    assert digest_token(key) != digest_token(keys.pop())
    assert len(digest_token(key)) == 64
