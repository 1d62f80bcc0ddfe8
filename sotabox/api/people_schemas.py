"""What the API sends and takes of users, members and partners."""

import msgspec

from sotabox.model.partner import Partner, PartnerUser
from sotabox.model.user import Member, User
from sotabox.operations.partners import Provisioned, Usage


class UserOut(msgspec.Struct, kw_only=True):
    """A user; `invited` until they have chosen a password."""

    id: str
    email: str
    role: str
    plan: str
    invited: bool
    created_at: str

    @classmethod
    def of(cls, user: User) -> "UserOut":
        return cls(
            id=user.id,
            email=user.email,
            role=user.role,
            plan=user.plan,
            invited=user.password_hash is None,
            created_at=user.created_at,
        )


class InvitedOut(UserOut, kw_only=True):
    """A user with a setup link: whoever opens it chooses the password. Shown once."""

    setup_url: str

    @classmethod
    def with_link(cls, user: User, setup_url: str) -> "InvitedOut":
        return cls(**msgspec.structs.asdict(UserOut.of(user)), setup_url=setup_url)


class MemberOut(msgspec.Struct, kw_only=True):
    """A member of a project."""

    user_id: str
    email: str
    role: str
    created_at: str

    @classmethod
    def of(cls, member: Member) -> "MemberOut":
        return cls(
            user_id=member.user_id,
            email=member.email,
            role=member.role,
            created_at=member.created_at,
        )


class PartnerOut(msgspec.Struct, kw_only=True):
    """A partner, without its key."""

    id: str
    name: str
    key_prefix: str
    last_used_at: str | None
    created_at: str

    @classmethod
    def of(cls, partner: Partner) -> "PartnerOut":
        return cls(
            id=partner.id,
            name=partner.name,
            key_prefix=partner.key_prefix,
            last_used_at=partner.last_used_at,
            created_at=partner.created_at,
        )


class NewPartnerOut(PartnerOut, kw_only=True):
    """A new partner with its key: the only time that it is shown."""

    key: str

    @classmethod
    def with_key(cls, partner: Partner, key: str) -> "NewPartnerOut":
        return cls(**msgspec.structs.asdict(PartnerOut.of(partner)), key=key)


class ProvisionedOut(msgspec.Struct, kw_only=True):
    """A user that a partner asked for and that was there already."""

    user_id: str
    email: str
    created: bool


class NewlyProvisionedOut(ProvisionedOut, kw_only=True):
    """One that was made; the only time that key and password are shown."""

    api_key: str
    password: str


def provisioned_out(provisioned: Provisioned) -> ProvisionedOut:
    """What a partner is told, with key and password where they were made now."""
    user = provisioned.user
    if provisioned.api_key is None or provisioned.password is None:
        return ProvisionedOut(user_id=user.id, email=user.email, created=False)
    return NewlyProvisionedOut(
        user_id=user.id,
        email=user.email,
        created=True,
        api_key=provisioned.api_key,
        password=provisioned.password,
    )


class PartnerUserOut(msgspec.Struct, kw_only=True):
    """That a partner has made a user."""

    id: str
    partner_id: str
    user_id: str
    status: str
    provisioned_at: str

    @classmethod
    def of(cls, row: PartnerUser) -> "PartnerUserOut":
        return cls(
            id=row.id,
            partner_id=row.partner_id,
            user_id=row.user_id,
            status="active",
            provisioned_at=row.provisioned_at,
        )


class UsageOut(msgspec.Struct, kw_only=True):
    """How much of the box a partner's user takes."""

    user_id: str
    email: str
    plan: str
    project_count: int
    deployment_count: int
    created_at: str

    @classmethod
    def of(cls, usage: Usage) -> "UsageOut":
        return cls(
            user_id=usage.user.id,
            email=usage.user.email,
            plan=usage.user.plan,
            project_count=usage.project_count,
            deployment_count=usage.deployment_count,
            created_at=usage.user.created_at,
        )


class NewUserIn(msgspec.Struct, forbid_unknown_fields=True):
    email: str
    role: str = "member"


class UserChangeIn(msgspec.Struct, forbid_unknown_fields=True):
    """What is left out stays as it is."""

    role: str | None = None
    plan: str | None = None


class NewMemberIn(msgspec.Struct, forbid_unknown_fields=True):
    email: str
    role: str = "member"


class NewPartnerIn(msgspec.Struct, forbid_unknown_fields=True):
    name: str


class PartnerUserIn(msgspec.Struct, forbid_unknown_fields=True):
    email: str
