"""`/v1/partners` for admins, and `/v1/partner/users` for the partners themselves."""

from typing import Any

from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from sotabox.api.body import read_json
from sotabox.api.contract import contract, done, list_of, one_of, page_of
from sotabox.api.envelope import many, one
from sotabox.api.pagination import read_page
from sotabox.api.people_schemas import (
    NewlyProvisionedOut,
    NewPartnerIn,
    NewPartnerOut,
    PartnerOut,
    PartnerUserIn,
    PartnerUserOut,
    ProvisionedOut,
    UsageOut,
    provisioned_out,
)
from sotabox.operations import partners
from sotabox.operations.actor import Actor
from sotabox.operations.partners import PartnerActor
from sotabox.web.box import Box


@post("/partners", opt=contract(one_of(NewPartnerOut, 201), takes=NewPartnerIn))
async def create_partner(
    request: Request[Any, Any, Any], box: NamedDependency[Box], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """A new partner; the only answer that holds its key."""
    body = await read_json(request, NewPartnerIn)
    made, key = await partners.create_by(box.store, actor, body.name)
    return one(NewPartnerOut.with_key(made, key), 201)


@get("/partners", opt=contract(list_of(PartnerOut)))
async def list_partners(
    box: NamedDependency[Box], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Every partner of the box."""
    return one([PartnerOut.of(found) for found in await partners.of(box.store, actor)])


@delete("/partners/{id:str}", opt=contract(done()))
async def revoke_partner(
    id: FromPath[str],  # noqa: A002 - the name in the path
    box: NamedDependency[Box],
    actor: NamedDependency[Actor],
) -> None:
    """Takes a partner's key out of use; the users that it made stay."""
    await partners.revoke(box.store, actor, id)


@post(
    "/partner/users",
    opt=contract(one_of(NewlyProvisionedOut, 201), one_of(ProvisionedOut), takes=PartnerUserIn),
)
async def provision_user(
    request: Request[Any, Any, Any],
    box: NamedDependency[Box],
    partner: NamedDependency[PartnerActor],
) -> Response[bytes]:
    """A user with key and password, if nobody has the address yet."""
    body = await read_json(request, PartnerUserIn)
    shown = provisioned_out(await partners.provision(box.store, partner, body.email))
    return one(shown, 201 if shown.created else 200)


@get("/partner/users", opt=contract(page_of(PartnerUserOut)))
async def list_provisioned(
    box: NamedDependency[Box],
    partner: NamedDependency[PartnerActor],
    limit: FromQuery[str | None] = None,
    cursor: FromQuery[str | None] = None,
) -> Response[bytes]:
    """The users that this partner made, oldest first."""
    page = read_page(f"partner:{partner.partner.id}", limit, cursor)
    found = await partners.users_page(box.store, partner, page.position or "", page.probe)
    shown = found[: page.limit]
    next_cursor = page.cursor(len(found), shown[-1].id) if shown else None
    return many([PartnerUserOut.of(row) for row in shown], next_cursor)


@get("/partner/users/{user:str}", opt=contract(one_of(UsageOut)))
async def get_provisioned(
    user: FromPath[str],
    box: NamedDependency[Box],
    partner: NamedDependency[PartnerActor],
) -> Response[bytes]:
    """How much of the box one of them takes."""
    return one(UsageOut.of(await partners.usage(box.store, partner, user)))


ROUTES = [
    create_partner,
    list_partners,
    revoke_partner,
    provision_user,
    list_provisioned,
    get_provisioned,
]
