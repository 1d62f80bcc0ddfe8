"""Session tokens: a password for a JWT that is good for an hour, and no longer than its session."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from sotabox.crypto.totp import new_totp_secret, totp_code
from sotabox.model.user import User
from sotabox.operations.session_tokens import Claims, read_token, write_token
from tests.in_process import InProcess, open_site

PASSWORD = "correct horse battery"
HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
EMAIL = "ada@box.test"
NOBODY = {"Authorization": ""}


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[InProcess]:
    async with open_site(tmp_path) as site:
        yield site


@pytest.fixture
async def ada(site: InProcess) -> User:
    user = await site.user(EMAIL)
    await site.box.store.users.set_password(user.id, HASH)
    return user


async def log_in(site: InProcess, **fields: str) -> Any:
    body = {"email": EMAIL, "password": PASSWORD} | fields
    return await site.client.post("/v1/auth/session", json=body, headers=NOBODY)


async def me(site: InProcess, token: str) -> Any:
    return await site.client.get("/v1/me", headers={"Authorization": f"Bearer {token}"})


async def logged(site: InProcess) -> list[tuple[str, str, str, int]]:
    entries = (await site.client.get("/v1/audit")).json()["data"]
    return [(e["actor"], e["action"], e["target"].get("by", ""), e["status"]) for e in entries]


async def test_password_gets_a_token_that_acts_as_its_user(site: InProcess, ada: User) -> None:
    """It is sent as a key is, and says what every JWT library can read."""
    answer = await log_in(site)
    assert answer.status_code == 201
    data = answer.json()["data"]
    assert (data["token_type"], data["expires_in"]) == ("Bearer", 3600)
    head, claims, _ = (
        json.loads(base64.urlsafe_b64decode(part + "==")) if number < 2 else part
        for number, part in enumerate(data["token"].split("."))
    )
    assert head == {"alg": "HS256", "typ": "JWT"}
    assert claims["sub"] == ada.id
    assert claims["exp"] - claims["iat"] == 3600
    assert (await me(site, data["token"])).json()["data"]["email"] == EMAIL


async def test_token_ends_with_its_session(site: InProcess, ada: User) -> None:
    """By logging out, from the account page's list, and with its user; a key is not one."""
    first, second = [(await log_in(site)).json()["data"]["token"] for _ in range(2)]
    out = {"Authorization": f"Bearer {first}"}
    assert (await site.client.delete("/v1/auth/session", headers=out)).status_code == 204
    assert (await me(site, first)).status_code == 401
    assert (await me(site, second)).status_code == 200
    await site.box.store.sessions.delete_of_user(ada.id)
    assert (await me(site, second)).status_code == 401
    assert (await site.client.delete("/v1/auth/session")).status_code == 409


async def test_token_is_good_for_an_hour(site: InProcess, ada: User) -> None:  # noqa: ARG001
    """However much it is used; and its session is not shown as one that goes on."""
    token = (await log_in(site)).json()["data"]["token"]
    async with site.box.store.database.transaction() as transaction:
        await transaction.execute("UPDATE sessions SET expires_at = '2020-01-01T00:00:00.000Z'")
    refused = await me(site, token)
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "unauthorized")


def signed(key: bytes, head: dict[str, str], claims: dict[str, Any]) -> str:
    parts = [json.dumps(part, separators=(",", ":")).encode() for part in (head, claims)]
    body = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
    made = hmac.new(key, body.encode(), hashlib.sha256).digest()
    return f"{body}.{base64.urlsafe_b64encode(made).decode().rstrip('=')}"


def test_token_that_we_did_not_sign_is_none() -> None:
    """Another key, another algorithm or none, a changed claim, or no claims at all."""
    key, claims = b"k" * 32, Claims("ada", "s", 1, 2)
    token = write_token(key, claims)
    assert read_token(key, token) == claims
    plain = {"sub": "ada", "sid": "s", "iat": 1, "exp": 2}
    body, _, signature = token.rpartition(".")
    forged = [
        write_token(b"x" * 32, claims),
        signed(key, {"alg": "none", "typ": "JWT"}, plain),
        signed(key, {"alg": "RS256", "typ": "JWT"}, plain),
        signed(key, {"alg": "HS256", "typ": "JWT"}, {"sub": "ada"}),
        f"{body}.",
        f"{body}x.{signature}",
        token + "A",
        "..",
        "é.é.é",
        "a" * 2000,
    ]
    assert [read_token(key, text) for text in forged] == [None] * len(forged)


async def test_wrong_password_is_refused_noted_and_slowed_down(
    site: InProcess,
    ada: User,  # noqa: ARG001
) -> None:
    """As on the login page; guessing does not fill the audit log, nor does a password get in."""
    for _ in range(5):
        refused = await log_in(site, password="wrong password")
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, "unauthorized")
    assert (await log_in(site)).status_code == 429
    assert (await log_in(site, email=PASSWORD)).status_code == 401
    assert await logged(site) == [
        ("unknown", "log_in", "password", 401),
        *[(EMAIL, "log_in", "password", 401)] * 5,
    ]


async def test_second_factor_is_asked_for(site: InProcess, ada: User) -> None:
    """A code of its own says that one is missing; a wrong one and a right one are noted."""
    secret = new_totp_secret()
    await site.box.store.second_factors.put(ada.id, secret)
    missing = await log_in(site)
    assert missing.status_code == 401
    assert missing.json()["error"]["code"] == "second_factor_required"
    assert (await log_in(site, code="000000x")).status_code == 401
    code = totp_code(secret, int(time.time() // 30))
    assert (await log_in(site, code=code)).status_code == 201
    assert (await log_in(site, code=code)).status_code == 401  # once
    assert await logged(site) == [
        (EMAIL, "log_in", "code", 401),
        (EMAIL, "log_in", "code", 200),
        (EMAIL, "log_in", "code", 401),
    ]
