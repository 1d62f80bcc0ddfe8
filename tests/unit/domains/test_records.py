import pytest

from sotabox.domains.records import BoxAddresses, Record, plan_records
from tests.unit.domains.conftest import MakeDomain

APP = "shop.box.example.com"


@pytest.mark.parametrize(
    ("domain", "name"),
    [
        ("shop.example.org", "shop"),
        ("a.b.example.org", "a.b"),
        ("*.example.org", "*"),
        ("*.a.example.org", "*.a"),
    ],
)
def test_plan_records_below_the_registered_name_is_an_alias(
    domain: str, name: str, make_domain: MakeDomain
) -> None:
    """A registrar's form wants the part before the registered name."""
    assert plan_records(make_domain(domain), APP, BoxAddresses(("203.0.113.7",))) == [
        Record("CNAME", name, APP)
    ]


def test_plan_records_of_the_registered_name_are_addresses(make_domain: MakeDomain) -> None:
    """DNS allows no alias there; IPv6 stands beside IPv4."""
    box = BoxAddresses(("203.0.113.7",), ("2001:db8::7",))
    apex = make_domain("example.org")
    assert apex.dns_type == "A"
    assert plan_records(apex, APP, box) == [
        Record("A", "@", "203.0.113.7"),
        Record("AAAA", "@", "2001:db8::7"),
    ]
