"""JSON bodies and what is said about wrong ones."""

import pytest

from sotabox.api.body import decode
from sotabox.api.schemas import EnvVarIn, NewProjectIn, RollbackIn
from sotabox.errors import BadRequest, Invalid


@pytest.mark.parametrize("body", [b"", b"  \n", b"{}"])
def test_body_that_is_empty_is_an_empty_object(body: bytes) -> None:
    """A rollback without a body goes to the previous release."""
    assert decode(body, RollbackIn).deployment_id is None


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        (b"", "name", "this field is required"),
        (b"{}", "name", "this field is required"),
        (b'{"name": 5}', "name", "must be text, not a number"),
        (b'{"name": null}', "name", "must be text, not null"),
        (b'{"name": "x", "slug": []}', "slug", "must be text or null, not a list"),
        (b'{"name": "x", "slugg": "y"}', "slugg", "there is no such field; did you mean 'slug'?"),
        (
            b'{"name": "x", "zzz": 1}',
            "zzz",
            "there is no such field; known are name, slug",
        ),
    ],
)
def test_body_with_a_wrong_field_names_it(body: bytes, field: str, message: str) -> None:
    """Who sent it sees which field was wrong, and how."""
    with pytest.raises(Invalid) as caught:
        decode(body, NewProjectIn)
    assert [(detail.field, detail.message) for detail in caught.value.details] == [(field, message)]


def test_body_that_is_no_object_is_said_to_be_one() -> None:
    """A list where an object belongs is named as such."""
    with pytest.raises(Invalid, match="must be an object, not a list"):
        decode(b"[]", EnvVarIn)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"nonsense",
        b'{"name": "\xff"}',
        b'{"name": "\\ud800"}',
        b"\xef\xbb\xbf{}",
        b'{"name": "x"} trailing',
    ],
)
def test_body_that_is_no_json_is_malformed(body: bytes) -> None:
    """Broken JSON and broken UTF-8 are told from fields that are wrong."""
    with pytest.raises(BadRequest):
        decode(body, NewProjectIn)


@pytest.mark.parametrize("body", [b"[" * 200_000, b'{"a":' * 200_000, b'{"name":' + b"[" * 200_000])
def test_body_that_is_absurdly_nested_is_refused(body: bytes) -> None:
    """Nesting can't exhaust the stack: nothing is read that is not known."""
    with pytest.raises(Invalid):
        decode(body, NewProjectIn)
