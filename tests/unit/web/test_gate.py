"""What every request meets before its handler, and every response carries."""

import logging
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from litestar import get
from litestar.exceptions import LitestarException
from litestar.response import Stream

from tests.in_process import open_site

ERROR_KEYS = {"message", "code", "hint", "details"}


async def test_response_of_every_kind_has_the_rate_limit(tmp_path: Path) -> None:
    """Success, refusal and unknown address alike say how many requests are left."""
    async with open_site(tmp_path, rate_limit=50) as site:
        for path in ("/v1/projects", "/v1/projects/absent", "/v1/nothing/here"):
            response = await site.client.get(path)
            assert response.headers["x-ratelimit-limit"] == "50"
            assert response.headers["x-ratelimit-remaining"].isdigit()
            assert 0 < int(response.headers["x-ratelimit-reset"]) - time.time() <= 60
        response = await site.client.put("/v1/projects")
        assert response.status_code == 405
        assert "x-ratelimit-remaining" in response.headers


async def test_request_over_the_limit_is_refused_until_the_window_ends(tmp_path: Path) -> None:
    """A client that asks too often hears when it may go on; others are not touched."""
    async with open_site(tmp_path, rate_limit=3) as site:
        other = await site.key_of(await site.user("other@example.com"))
        # A window may end between two requests, but not twice in a row.
        statuses = [(await site.client.get("/v1/api-keys")).status_code for _ in range(8)]
        assert statuses.count(200) <= 6
        refused = await site.client.get("/v1/api-keys")
        assert refused.status_code == 429
        assert refused.json()["error"]["code"] == "rate_limited"
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert refused.headers["x-ratelimit-remaining"] == "0"
        assert (await site.client.get("/v1/api-keys", headers=other)).status_code == 200


async def test_anonymous_requests_count_for_their_address(tmp_path: Path) -> None:
    """Guessing keys is limited as well, and does not use up a user's allowance."""
    async with open_site(tmp_path, rate_limit=2) as site:
        for number in range(6):
            guess = {"Authorization": f"Bearer sota_{number:040x}"}
            last = await site.client.get("/v1/projects", headers=guess)
        assert last.status_code == 429
        assert (await site.client.get("/v1/projects")).status_code == 200


async def test_limit_of_zero_is_no_limit(tmp_path: Path) -> None:
    """Turned off, it neither refuses nor says anything."""
    async with open_site(tmp_path, rate_limit=0) as site:
        for _ in range(150):
            response = await site.client.get("/v1/api-keys")
        assert response.status_code == 200
        assert "x-ratelimit-limit" not in response.headers


async def test_health_is_never_refused(tmp_path: Path) -> None:
    """A monitor may ask as often as it likes, without a key."""
    async with open_site(tmp_path, rate_limit=1) as site:
        site.client.headers.pop("authorization")
        for path in ("/healthz", "/readyz") * 5:
            assert (await site.client.get(path)).status_code == 200


async def test_readiness_ends_when_the_box_is_about_to_stop(tmp_path: Path) -> None:
    """Whoever waits for the box is not told that it is there while it goes."""
    async with open_site(tmp_path) as site:
        site.box.closing.set()
        assert (await site.client.get("/readyz")).status_code == 503
        assert (await site.client.get("/healthz")).status_code == 200


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Basic dXNlcjpwYXNz",
        "sota_0123456789012345678901234567890123456789",
        "Bearer sota_0123456789012345678901234567890123456789",
        "Bearer sotap_0123456789012345678901234567890123456789",
        "Bearer \xff\xfe",
        "Bearer " + "x" * 5000,
    ],
)
async def test_request_without_a_valid_key_is_unauthorized(
    tmp_path: Path, authorization: str | None
) -> None:
    """Nothing of the API answers to strangers, and they learn how to be known."""
    async with open_site(tmp_path) as site:
        site.client.headers.pop("authorization")
        headers = (
            {} if authorization is None else {"Authorization": authorization.encode("latin-1")}
        )
        response = await site.client.get("/v1/projects", headers=headers)
        assert response.status_code == 401
        assert response.json()["error"]["code"] == "unauthorized"
        assert response.headers["www-authenticate"] == "Bearer"


async def test_scheme_of_authorization_is_not_case_sensitive(tmp_path: Path) -> None:
    """RFC 9110 says so, and some clients write it small."""
    async with open_site(tmp_path) as site:
        key = site.client.headers["authorization"].replace("Bearer", "bearer")
        response = await site.client.get("/v1/projects", headers={"Authorization": key})
        assert response.status_code == 200


async def test_revoked_key_is_refused_at_once(tmp_path: Path) -> None:
    """A leaked key is worthless the moment that it is deleted."""
    async with open_site(tmp_path) as site:
        made = (await site.client.post("/v1/api-keys", json={"name": "ci"})).json()["data"]
        headers = {"Authorization": f"Bearer {made['key']}"}
        assert (await site.client.get("/v1/projects", headers=headers)).status_code == 200
        await site.client.delete(f"/v1/api-keys/{made['id']}")
        assert (await site.client.get("/v1/projects", headers=headers)).status_code == 401


async def test_address_that_does_not_exist_is_not_found_in_our_shape(tmp_path: Path) -> None:
    """A typo in a path is answered like everything else."""
    async with open_site(tmp_path) as site:
        for path in ("/v1/nothing", "/v1/projects/a/nothing/b/c", "/elsewhere"):
            response = await site.client.get(path)
            assert response.status_code == 404
            assert response.json()["error"]["code"] == "not_found"
            assert response.json()["error"].keys() <= ERROR_KEYS


async def test_wrong_method_names_the_right_ones(tmp_path: Path) -> None:
    """405 comes with Allow, as RFC 9110 wants it."""
    async with open_site(tmp_path) as site:
        response = await site.client.put("/v1/projects/x")
        assert response.status_code == 405
        assert response.json()["error"]["code"] == "method_not_allowed"
        assert response.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PATCH"


async def test_unforeseen_error_shows_an_id_that_stands_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What broke inside is for the log; the client gets a name for it and nothing else."""

    @get("/v1/broken")
    async def broken() -> None:
        raise RuntimeError("password is hunter2")

    async with open_site(tmp_path, routes=[broken]) as site:
        with caplog.at_level(logging.ERROR):
            response = await site.client.get("/v1/broken")
    assert response.status_code == 500
    error = response.json()["error"]
    assert error["code"] == "internal_error"
    assert "hunter2" not in response.text
    id_ = error["message"].partition("(error ")[2].rstrip(")")
    record = next(record for record in caplog.records if id_ in record.getMessage())
    assert record.exc_info is not None
    assert "hunter2" in str(record.exc_info[1])


async def test_stream_that_breaks_off_is_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """After the first byte nothing can be said to the client any more, but to us it is."""

    async def pieces() -> AsyncIterator[bytes]:
        yield b"begun"
        raise RuntimeError("the disk is gone")

    @get("/v1/broken")
    async def broken() -> Stream:
        return Stream(pieces())

    async with open_site(tmp_path, routes=[broken]) as site:
        with caplog.at_level(logging.ERROR), pytest.raises(LitestarException):
            await site.client.get("/v1/broken")
    assert "GET '/v1/broken'" in caplog.text
    assert "the disk is gone" in caplog.text


async def test_deploy_to_a_full_disk_is_refused_before_the_upload(tmp_path: Path) -> None:
    """The floor that keeps the apps alive is kept, and the answer says how much there is."""
    async with open_site(tmp_path, disk_floor_mb=10**9) as site:
        await site.project("shop")
        response = await site.client.post("/v1/projects/shop/deploy", content=b"never read")
    assert response.status_code == 503
    assert response.json()["error"]["code"] == "disk_full"
    assert int(response.headers["retry-after"]) > 0


async def test_response_carries_security_headers(tmp_path: Path) -> None:
    """No browser may frame, sniff or keep what the API says."""
    async with open_site(tmp_path) as site:
        headers = (await site.client.get("/v1/projects")).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"
    assert headers["content-security-policy"].startswith("default-src 'none'")


@pytest.mark.parametrize("path", ["//v1/projects", "/v1//projects", "///v1///projects/"])
async def test_api_by_several_slashes_is_the_api_for_the_gate_as_well(
    path: str, tmp_path: Path
) -> None:
    """No spelling of an address gets past the count of requests, or past who may ask."""
    async with open_site(tmp_path, rate_limit=50) as site:
        url = f"http://box.test{path}"
        known = await site.client.get(url)
        assert known.status_code == 200
        assert known.headers["x-ratelimit-limit"] == "50"
        site.client.headers.pop("authorization")
        assert (await site.client.get(url)).status_code == 401
