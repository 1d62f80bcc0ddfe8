"""`docs/api.md` has every address of the API, and no other."""

from tests.api_page import PAGE, endpoints
from tests.unit.api.test_who_may_what import api_of


def test_page_has_every_endpoint() -> None:
    """Nothing has to be found out by trying, and nothing is promised that isn't there."""
    assert sorted(endpoints()) == api_of()


def test_each_endpoint_has_an_example() -> None:
    """One to copy."""
    sections = PAGE.read_text(encoding="utf-8").split("\n### ")[1:]
    assert [section.partition("\n")[0] for section in sections if "```sh" not in section] == []
