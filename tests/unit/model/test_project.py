"""Slugs: what may be a name on the box."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sotabox.model.project import RESERVED_SLUGS, SLUG_MAX, check_slug, derive_slug, suggest_slug


@pytest.mark.parametrize("slug", ["a", "7", "my-app", "a--b", "x" * 63, "0-9"])
def test_dns_label_is_a_slug(slug: str) -> None:
    """Whatever DNS takes as a label in lower case."""
    assert check_slug(slug) is None


@pytest.mark.parametrize(
    "slug",
    ["", "-a", "a-", "-", "My-App", "a_b", "a.b", "ä", "a b", "x" * 64, "a\n", "a/b", "٣", "a\0"],
)
def test_anything_else_is_refused_with_the_rule(slug: str) -> None:
    """The answer says which characters may be used."""
    assert "a-z, 0-9 and '-'" in (check_slug(slug) or "")


@pytest.mark.parametrize("slug", sorted(RESERVED_SLUGS))
def test_reserved_slug_is_refused(slug: str) -> None:
    """The box's own names can't be taken by a project."""
    assert "reserved" in (check_slug(slug) or "")


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("My App!", "my-app"),
        ("  spaces  ", "spaces"),
        ("Ünïcode näme", "n-code-n-me"),
        ("a___b", "a-b"),
        ("日本語", ""),
        ("x" * 100, "x" * 63),
        ("x" * 62 + "!y", "x" * 62),
    ],
)
def test_name_suggests_a_slug(name: str, slug: str) -> None:
    assert derive_slug(name) == slug


@given(st.text(max_size=200))
def test_suggestion_is_always_valid(name: str) -> None:
    """Whatever a project is called, what its name suggests can be used, or is empty or reserved."""
    slug = derive_slug(name)
    assert slug == "" or slug in RESERVED_SLUGS or check_slug(slug) is None
    assert len(slug) <= SLUG_MAX


@pytest.mark.parametrize("name", ["app", "API", "日本語", "", "x" * 120])
def test_suggested_slug_is_one(name: str) -> None:
    """A folder called `app`, or by letters that DNS lacks, deploys as others do."""
    assert check_slug(suggest_slug(name)) is None
