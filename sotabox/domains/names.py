"""What a person typed → the name of a domain, or why it can't be one.

Which part was registered is decided by the public suffix list (Mozilla's, which comes with the
library and is renewed with it). It is read at the first domain: 30 ms, 2 MB.
"""

import re
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from typing import Final

import idna
from publicsuffixlist import PublicSuffixList

from sotabox.errors import Detail, Invalid
from sotabox.model.domain import WILDCARD, covers

NAME_MAX: Final = 253  # RFC 1035
_TYPED_MAX: Final = 1000
#: Names that lead nowhere in public DNS by their definition (RFC 6761, 6762, 7686).
_SPECIAL: Final = frozenset({"localhost", "local", "invalid", "onion", "arpa"})
_HOST: Final = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")


@dataclass(frozen=True, slots=True)
class DomainName:
    """A domain in lower case and punycode, and the part of it that was registered."""

    domain: str
    zone: str


def parse_domain(text: str, box_domain: str) -> DomainName:
    """The domain that `text` names, on a box of that domain.

    >>> parse_domain("*.Shop.Example.co.uk.", "box.example.org")
    DomainName(domain='*.shop.example.co.uk', zone='example.co.uk')

    Raises:
        Invalid: it can't lead to a project; says why.
    """
    typed = text.strip().removesuffix(".")
    is_wildcard = typed.startswith(WILDCARD)
    base = _ascii(typed.removeprefix(WILDCARD) if is_wildcard else typed)
    domain = WILDCARD + base if is_wildcard else base
    if base == box_domain or base.endswith(f".{box_domain}"):
        raise _invalid(
            f"{domain} belongs to this box itself; its projects have names there already"
        )
    if covers(domain, box_domain):
        raise _invalid(f"{domain} would stand for the name of this box itself, {box_domain}")
    if base.rpartition(".")[2] in _SPECIAL:
        raise _invalid(f"names below '{base.rpartition('.')[2]}' can't be reached from elsewhere")
    zone = _suffixes().privatesuffix(base)
    if zone is None:
        raise _invalid(f"{base} is a public suffix, below which others register their names")
    return DomainName(domain, zone)


def _ascii(typed: str) -> str:
    """`typed` as DNS writes it."""
    if not typed or len(typed) > _TYPED_MAX:
        raise _invalid("give a name such as shop.example.com")
    if any(sign in typed for sign in ":/@?#") or any(c.isspace() for c in typed):
        raise _invalid("give the name only, without scheme, port or path", _hint(typed))
    if "*" in typed:
        raise _invalid("a '*' can only stand for the whole first part, as in *.example.com")
    if _is_address(typed):
        raise _invalid("this is an address; a domain is a name")
    try:
        name = idna.encode(typed, uts46=True).decode("ascii").lower()
    except idna.IDNAError as error:
        raise _invalid(
            f"it is not a name that DNS could hold ({str(error).rstrip('.')})"
        ) from error
    if not _HOST.fullmatch(name) or len(name) > NAME_MAX:
        raise _invalid("use letters, digits, '-' and '.', at most 63 to a part and 253 in all")
    if "." not in name:
        raise _invalid("a domain has at least two parts, as example.com")
    if name.rpartition(".")[2].isdigit():
        raise _invalid("its last part can't be a number")
    return name


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _hint(typed: str) -> str | None:
    if match := re.match(r"https?://([^/:?#@\s]+)", typed):
        return f"Did you mean {match[1].lower()}?"
    return None


def _invalid(problem: str, hint: str | None = None) -> Invalid:
    return Invalid(
        f"This domain can't be used: {problem}", hint=hint, details=[Detail("domain", problem)]
    )


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()
