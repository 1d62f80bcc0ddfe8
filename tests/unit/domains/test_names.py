import pytest
from hypothesis import given
from hypothesis import strategies as st

from sotabox.domains.names import DomainName, parse_domain
from sotabox.errors import Invalid

BOX = "box.example.com"


@pytest.mark.parametrize(
    ("typed", "domain", "zone"),
    [
        ("example.org", "example.org", "example.org"),
        ("example.co.uk", "example.co.uk", "example.co.uk"),
        ("shop.example.co.uk", "shop.example.co.uk", "example.co.uk"),
        ("me.github.io", "me.github.io", "me.github.io"),
        (" Shop.Example.ORG. ", "shop.example.org", "example.org"),
        ("müller.de", "xn--mller-kva.de", "xn--mller-kva.de"),
        ("xn--mller-kva.de", "xn--mller-kva.de", "xn--mller-kva.de"),
        ("例え.テスト.jp", "xn--r8jz45g.xn--zckzah.jp", "xn--zckzah.jp"),
        ("a.食狮.中国", "a.xn--85x722f.xn--fiqs8s", "xn--85x722f.xn--fiqs8s"),
        ("*.example.org", "*.example.org", "example.org"),
        ("*.a.example.org", "*.a.example.org", "example.org"),
        ("shop.corp.internal", "shop.corp.internal", "corp.internal"),
        ("example.com", "example.com", "example.com"),
        ("1.example.org", "1.example.org", "example.org"),
    ],
)
def test_parse_domain_name_is_written_as_dns_has_it(typed: str, domain: str, zone: str) -> None:
    """Capitals, a dot at the end and international letters are all the same name."""
    assert parse_domain(typed, BOX) == DomainName(domain, zone)


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("", "give a name"),
        ("*.", "'*'"),
        ("example", "at least two parts"),
        ("co.uk", "public suffix"),
        ("*.co.uk", "public suffix"),
        ("github.io", "public suffix"),
        ("203.0.113.7", "an address"),
        ("[2001:db8::1]", "name only"),
        ("2001:db8::1", "name only"),
        ("1.2.3.999", "can't be a number"),
        ("https://example.org", "name only"),
        ("example.org:8080", "name only"),
        ("example.org/path", "name only"),
        ("me@example.org", "name only"),
        ("exa mple.org", "name only"),
        ("a.*.example.org", "'*'"),
        ("**.example.org", "'*'"),
        ("*.*.example.org", "'*'"),
        ("*example.org", "'*'"),
        ("_dmarc.example.org", "name that DNS"),
        ("-a.example.org", "name that DNS"),
        ("a..example.org", "name that DNS"),
        (".example.org", "name that DNS"),
        (f"{'a' * 64}.example.org", "name that DNS"),
        (".".join(["a" * 60] * 5) + ".org", "name that DNS"),
        ("x" * 5000 + ".org", "give a name"),
        ("a\x00b.example.org", "name that DNS"),
        ("{host}.example.org", "name that DNS"),
        ("\ud800.example.org", "name that DNS"),
        ("app.localhost", "reached from elsewhere"),
        ("printer.local", "reached from elsewhere"),
        (BOX, "belongs to this box"),
        (f"shop.{BOX}", "belongs to this box"),
        (f"*.{BOX}", "belongs to this box"),
        (BOX.upper(), "belongs to this box"),
        ("*.example.com", "name of this box"),
    ],
)
def test_parse_domain_what_is_none_says_why(typed: str, problem: str) -> None:
    """Who mistypes reads what was wrong; nobody takes the box's own names."""
    with pytest.raises(Invalid, match="can't be used") as caught:
        parse_domain(typed, BOX)
    assert problem in caught.value.message
    assert [detail.field for detail in caught.value.details] == ["domain"]


def test_parse_domain_address_of_a_page_is_met_with_its_name() -> None:
    """Who pastes from the browser gets what to type."""
    with pytest.raises(Invalid) as caught:
        parse_domain("https://Shop.example.org/cart", BOX)
    assert caught.value.hint == "Did you mean shop.example.org?"


@given(st.text(max_size=300))
def test_parse_domain_any_text_is_a_name_or_refused(text: str) -> None:
    """No input is our fault, and what is taken is plain enough for DNS and for Caddy."""
    try:
        name = parse_domain(text, BOX)
    except Invalid:
        return
    plain = name.domain.removeprefix("*.")
    assert plain.replace("-", "").replace(".", "").isalnum()
    assert plain.isascii()
    assert plain == plain.lower()
    assert name.domain.endswith(name.zone)
    assert parse_domain(name.domain, BOX) == name
