"""Names and slugs of projects."""

import asyncio

import pytest

from sotabox.errors import Invalid, SlugTaken
from sotabox.model.project import RESERVED_SLUGS, SLUG_MAX, Project, check_slug
from sotabox.operations import projects
from tests.unit.operations.conftest import Town


async def insert(town: Town, name: str, slug: str | None = None) -> Project:
    """A project as `create` makes it, without what needs an engine."""
    return await projects._insert(town.store, town.owner, name, slug)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("My App!", "my-app"),
        ("日本語", "my-app"),
        ("API", "api-app"),
        ("x" * 80, "x" * 63),
    ],
)
async def test_slug_comes_from_the_name(town: Town, name: str, slug: str) -> None:
    """A name without letters, or a reserved one, still gives something readable."""
    assert (await insert(town, name)).slug == slug


async def test_second_project_of_a_name_gets_a_suffix(town: Town) -> None:
    """Equal names are fine: the slug is made unique."""
    one, two = await insert(town, "Same"), await insert(town, "Same")
    assert one.slug == "same"
    assert two.slug.startswith("same-")
    assert check_slug(two.slug) is None


async def test_twenty_at_once_all_get_a_slug(town: Town) -> None:
    """Nobody meets another's slug, however long the name."""
    made = await asyncio.gather(*(insert(town, "n" * 100) for _ in range(20)))
    slugs = {project.slug for project in made}
    assert len(slugs) == 20
    assert all(check_slug(slug) is None and len(slug) <= SLUG_MAX for slug in slugs)


async def test_name_cut_at_a_dash_gives_a_valid_slug(town: Town) -> None:
    """Where the suffix meets a dash of the name."""
    name = "a" * 55 + "-" + "b" * 7
    for _ in range(3):
        assert check_slug((await insert(town, name)).slug) is None


@pytest.mark.parametrize("slug", sorted(RESERVED_SLUGS))
async def test_reserved_name_never_becomes_its_slug(town: Town, slug: str) -> None:
    """However often it is asked for."""
    for _ in range(2):
        assert check_slug((await insert(town, slug)).slug) is None


async def test_given_slug_is_taken_as_it_is_or_refused(town: Town) -> None:
    """No suffix is added to a slug that somebody chose."""
    assert (await insert(town, "Any", "mine")).slug == "mine"
    with pytest.raises(SlugTaken, match="'mine' is taken"):
        await insert(town, "Any", "mine")
    with pytest.raises(Invalid) as caught:
        await insert(town, "Any", "Not A Slug")
    assert [detail.field for detail in caught.value.details] == ["slug"]
    with pytest.raises(Invalid, match="reserved"):
        await insert(town, "Any", "api")


async def test_slug_that_looks_like_another_projects_id_is_not_found_instead(town: Town) -> None:
    """Ids and slugs share one place in URLs: an id always means its own project."""
    impostor = await insert(town, "Any", town.viewed.id)
    found = await town.store.projects.find(town.viewed.id)
    assert found is not None
    assert found.id == town.viewed.id
    assert impostor.id != found.id


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "a\nb", "a\0b", "a\u202eb"])
async def test_name_that_can_not_be_shown_is_refused(town: Town, name: str) -> None:
    """Empty, endless, or with characters that change the text around them."""
    with pytest.raises(Invalid) as caught:
        await projects.rename(town.store, town.owner, town.project.id, name)
    assert [detail.field for detail in caught.value.details] == ["name"]


async def test_renamed_project_keeps_its_slug(town: Town) -> None:
    """The URL that visitors know does not change with a name."""
    renamed = await projects.rename(town.store, town.owner, town.project.id, "  Fresh ✨ ")
    assert (renamed.name, renamed.slug) == ("Fresh ✨", town.project.slug)
