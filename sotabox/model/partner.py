"""Partners: programs of others that make users on this box."""

import msgspec


class Partner(msgspec.Struct, frozen=True, kw_only=True):
    """A partner's row; its key is shown once and not kept."""

    id: str
    name: str
    key_prefix: str
    created_at: str
    last_used_at: str | None


class PartnerUser(msgspec.Struct, frozen=True, kw_only=True):
    """That a partner has made a user."""

    id: str
    partner_id: str
    user_id: str
    provisioned_at: str
