"""Names of images, and whose password they take."""

import base64
import json

import pytest

from sotabox.engine.registry import (
    auth_header,
    credentials_for,
    official_registry,
    registry_of,
    split_ref,
)

INFO = {
    "IndexServerAddress": "https://index.hub.example/v1/",
    "RegistryConfig": {"IndexConfigs": {"hub.example": {"Name": "hub.example", "Official": True}}},
}


@pytest.mark.parametrize(
    ("ref", "expected"),
    [
        ("python", ("python", "latest")),
        ("python:3.12-slim", ("python", "3.12-slim")),
        ("host:5000/team/app", ("host:5000/team/app", "latest")),
        ("host:5000/team/app:2", ("host:5000/team/app", "2")),
        ("app@sha256:00ff", ("app", "sha256:00ff")),
        ("host:5000/app:2@sha256:00ff", ("host:5000/app", "sha256:00ff")),
    ],
)
def test_split_ref_parts_name_and_tag(ref: str, expected: tuple[str, str]) -> None:
    """A pull brings one version, never all of them."""
    assert split_ref(ref) == expected


@pytest.mark.parametrize(
    ("ref", "expected"),
    [
        ("python:3", None),
        ("team/app", None),
        ("host:5000/app", "host:5000"),
        ("registry.example/app", "registry.example"),
        ("localhost/app", "localhost"),
    ],
)
def test_registry_of_a_name_without_a_host_is_the_default(ref: str, expected: str | None) -> None:
    """A password goes only to the registry that it is for."""
    assert registry_of(ref) == expected


def test_official_registry_is_what_the_engine_says() -> None:
    """The default registry is the engine's choice."""
    assert official_registry(INFO) == "hub.example"
    assert official_registry({"IndexServerAddress": "https://index.hub.example/v1/"}) == (
        "index.hub.example"
    )


@pytest.mark.parametrize(
    ("host", "known", "found"),
    [
        (None, "hub.example", True),
        (None, "https://index.hub.example/v1/", True),
        ("registry-1.hub.example", "https://index.hub.example/v1/", True),
        ("registry-1.hub.example", "hub.example", True),
        ("evilhub.example", "hub.example", False),
        ("host:5000", "https://host:5000/v2/", True),
        ("host:5000", "host:5001", False),
        ("hub.example.evil.example", "hub.example", False),
        ("mirror:5000", "hub.example", False),
    ],
)
def test_credentials_for_a_registry_are_shown_to_no_other(
    host: str | None, known: str, found: bool
) -> None:
    """A password given for one registry never reaches another."""
    pair = ("ann", "secret")
    expected = pair if found else None
    assert credentials_for(host, {known: pair}, "hub.example") == expected


def test_auth_header_is_url_safe_json() -> None:
    """A password with any characters arrives as it is."""
    header = auth_header(("ann", "ü>?~" * 5))
    assert set(header).isdisjoint("+/")
    assert json.loads(base64.urlsafe_b64decode(header)) == {
        "username": "ann",
        "password": "ü>?~" * 5,
    }
