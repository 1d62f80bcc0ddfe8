from collections.abc import Callable
from typing import Any

import pytest

from sotabox.model.domain import Domain, DomainStatus

MakeDomain = Callable[..., Domain]


@pytest.fixture
def make_domain() -> MakeDomain:
    """A domain that was added at noon; keyword arguments replace what it is."""

    def make(domain: str = "shop.example.org", **changes: Any) -> Domain:
        noon = "2026-03-01T12:00:00.000Z"
        given: dict[str, Any] = {
            "id": "d",
            "project_id": "p",
            "user_id": "u",
            "domain": domain,
            "zone": "example.org",
            "status": DomainStatus.PENDING,
            "redirect_to": None,
            "last_checked_at": None,
            "next_check_at": noon,
            "verified_at": None,
            "error_message": None,
            "created_at": noon,
            "updated_at": noon,
        }
        return Domain(**given | changes)

    return make
