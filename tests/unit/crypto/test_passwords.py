"""Passwords and their hashes."""

from sotabox.crypto.passwords import hash_password, password_matches


async def test_password_is_recognised_by_its_hash() -> None:
    """The right one, and no other; two hashes of one password differ."""
    hashed = await hash_password("correct horse")
    assert "correct horse" not in hashed
    assert hashed.startswith("$argon2id$")
    assert await password_matches("correct horse", hashed)
    assert not await password_matches("correct hors", hashed)


async def test_hash_that_is_none_matches_nothing() -> None:
    """A damaged row locks a person out instead of failing with a library's error."""
    assert not await password_matches("anything", "no hash at all")
