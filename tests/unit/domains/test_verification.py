from datetime import timedelta

import pytest

from sotabox.domains.records import BoxAddresses, plan_records
from sotabox.domains.verification import Seen, check_dns, next_check_s, probe_name
from sotabox.model.domain import DomainStatus
from sotabox.model.times import parse_time
from tests.unit.domains.conftest import MakeDomain

APP = "shop.box.example.com"
BOX = BoxAddresses(("203.0.113.7",), ("2001:db8::7",))


@pytest.mark.parametrize(
    ("domain", "seen", "problem"),
    [
        ("shop.example.org", Seen((APP,), frozenset({"203.0.113.7"})), None),
        ("shop.example.org", Seen(("cdn.example.net", APP), frozenset()), None),
        ("shop.example.org", Seen((), frozenset({"203.0.113.7", "2001:db8::7"})), None),
        ("example.org", Seen((), frozenset({"203.0.113.7"})), None),
        ("*.example.org", Seen((APP,), frozenset({"203.0.113.7"})), None),
        (
            "shop.example.org",
            Seen(),
            (
                "shop.example.org has no record in DNS yet; "
                "expected: CNAME shop → shop.box.example.com"
            ),
        ),
        (
            "example.org",
            Seen((), frozenset({"203.0.113.7", "198.51.100.9"})),
            (
                "example.org also points to 198.51.100.9, not to this box; "
                "expected: A @ → 203.0.113.7, AAAA @ → 2001:db8::7"
            ),
        ),
        (
            "shop.example.org",
            Seen((), frozenset({"2001:db8::9"})),
            (
                "shop.example.org points to 2001:db8::9, not to this box; "
                "expected: CNAME shop → shop.box.example.com"
            ),
        ),
        (
            "shop.example.org",
            Seen(("other.box.example.com",), frozenset({"203.0.113.7"})),
            (
                "shop.example.org is an alias of other.box.example.com, another project; "
                "expected: CNAME shop → shop.box.example.com"
            ),
        ),
        (
            "shop.example.org",
            Seen(("gone.example.net",)),
            (
                "shop.example.org is an alias of gone.example.net, which has no address; "
                "expected: CNAME shop → shop.box.example.com"
            ),
        ),
        (
            "shop.example.org",
            Seen(trouble="no name server answered in time"),
            "DNS could not be asked about shop.example.org: no name server answered in time",
        ),
    ],
)
def test_check_dns_says_what_is_there_and_what_is_expected(
    domain: str, seen: Seen, problem: str | None, make_domain: MakeDomain
) -> None:
    """One line is enough to mend a record."""
    found = make_domain(domain)
    assert check_dns(found, plan_records(found, APP, BOX), APP, BOX, seen) == problem


def test_check_dns_box_without_a_known_address_trusts_no_address(make_domain: MakeDomain) -> None:
    """A box that does not know where it is can't take any address for its own."""
    apex = make_domain("example.org")
    seen = Seen((), frozenset({"203.0.113.7"}))
    assert check_dns(apex, plan_records(apex, APP, BoxAddresses()), APP, BoxAddresses(), seen)


@pytest.mark.parametrize(
    ("age", "expected_s"),
    [
        (timedelta(0), 60),
        (timedelta(hours=23), 60),
        (timedelta(days=1), 60),
        (timedelta(days=10), 600),
        (timedelta(days=400), 6 * 3600),
    ],
)
def test_next_check_of_a_pending_domain_backs_off_after_a_day(
    age: timedelta, expected_s: float, make_domain: MakeDomain
) -> None:
    """A record that was just set is seen within a minute; a forgotten domain costs nothing."""
    domain = make_domain()
    assert next_check_s(domain, parse_time(domain.created_at) + age) == expected_s


def test_next_check_of_a_refused_certificate_stays_below_the_authority_s_limit(
    make_domain: MakeDomain,
) -> None:
    """At most five failures an hour: or the name is locked out."""
    verified_at = "2026-03-01T12:00:00.000Z"
    domain = make_domain(status=DomainStatus.VERIFIED, verified_at=verified_at)
    start = moment = parse_time(verified_at)
    tries = 0
    while moment < start + timedelta(hours=1):
        tries += 1
        moment += timedelta(seconds=next_check_s(domain, moment))
    assert 3 <= tries <= 6  # five, and what the hour gives back meanwhile


def test_probe_name_of_a_wildcard_is_one_below_it(make_domain: MakeDomain) -> None:
    """A wildcard record answers for a name that nobody set."""
    assert probe_name(make_domain("*.example.org"), "t0k3n") == "sotabox-t0k3n.example.org"
    assert probe_name(make_domain("shop.example.org"), "t0k3n") == "shop.example.org"
