"""What the API sends and takes about domains."""

import msgspec

from sotabox.domains.custom_domains import Instructions
from sotabox.domains.records import Record
from sotabox.model.domain import Domain
from sotabox.operations.domains import Described


class DomainOut(msgspec.Struct, kw_only=True):
    """A custom domain; `user_id` is the owner of its project."""

    id: str
    project_id: str
    user_id: str
    domain: str
    status: str
    dns_type: str
    redirect_to: str | None
    last_checked_at: str | None
    next_check_at: str
    verified_at: str | None
    error_message: str | None
    created_at: str
    updated_at: str

    @classmethod
    def of(cls, domain: Domain) -> "DomainOut":
        return cls(
            id=domain.id,
            project_id=domain.project_id,
            user_id=domain.user_id,
            domain=domain.domain,
            status=domain.status,
            dns_type=domain.dns_type,
            redirect_to=domain.redirect_to,
            last_checked_at=domain.last_checked_at,
            next_check_at=domain.next_check_at,
            verified_at=domain.verified_at,
            error_message=domain.error_message,
            created_at=domain.created_at,
            updated_at=domain.updated_at,
        )


class RecordOut(msgspec.Struct):
    type: str
    name: str
    value: str

    @classmethod
    def of(cls, record: Record) -> "RecordOut":
        return cls(record.type, record.name, record.value)


class InstructionsOut(msgspec.Struct, kw_only=True):
    """The first of the records to set, as the hosted service shows it, and all of them."""

    type: str
    name: str
    value: str
    records: list[RecordOut]
    note: str | None

    @classmethod
    def of(cls, instructions: Instructions) -> "InstructionsOut":
        first = instructions.records[0]
        return cls(
            type=first.type,
            name=first.name,
            value=first.value,
            records=[RecordOut.of(record) for record in instructions.records],
            note=instructions.note,
        )


class DescribedOut(msgspec.Struct, kw_only=True):
    """A domain, and what its owner has to set in DNS."""

    domain: DomainOut
    dns_instructions: InstructionsOut

    @classmethod
    def of(cls, described: Described) -> "DescribedOut":
        return cls(
            domain=DomainOut.of(described.domain),
            dns_instructions=InstructionsOut.of(described.instructions),
        )


class NewDomainIn(msgspec.Struct, forbid_unknown_fields=True):
    domain: str
    redirect_to: str | None = None


class DomainChangeIn(msgspec.Struct, forbid_unknown_fields=True):
    """`redirect_to: null` ends a redirect."""

    redirect_to: str | None
