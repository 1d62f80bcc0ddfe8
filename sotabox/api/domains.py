"""`/v1/projects/{project}/domains`."""

from typing import Any

from litestar import Request, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from sotabox.api.body import read_json
from sotabox.api.contract import contract, done, list_of, one_of
from sotabox.api.domain_schemas import DescribedOut, DomainChangeIn, DomainOut, NewDomainIn
from sotabox.api.envelope import one
from sotabox.errors import Conflict, DomainLimit, DomainTaken
from sotabox.operations import domains
from sotabox.operations.actor import Actor
from sotabox.web.box import Box


@post(
    "/projects/{project:str}/domains",
    opt=contract(
        one_of(DescribedOut, 201), takes=NewDomainIn, errors=(Conflict, DomainTaken, DomainLimit)
    ),
)
async def add_domain(
    request: Request[Any, Any, Any],
    project: FromPath[str],
    box: NamedDependency[Box],
    actor: NamedDependency[Actor],
) -> Response[bytes]:
    """Adds a domain; the answer says what to set in DNS."""
    body = await read_json(request, NewDomainIn)
    added = await domains.add(
        box.store, box.domains, box.settings, actor, project, body.domain, body.redirect_to
    )
    return one(DescribedOut.of(added), 201)


@get("/projects/{project:str}/domains", opt=contract(list_of(DomainOut)))
async def list_domains(
    project: FromPath[str], box: NamedDependency[Box], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """All domains of a project, oldest first."""
    return one([DomainOut.of(domain) for domain in await domains.of(box.store, actor, project)])


@get("/projects/{project:str}/domains/{domain:str}", opt=contract(one_of(DescribedOut)))
async def get_domain(
    project: FromPath[str],
    domain: FromPath[str],
    box: NamedDependency[Box],
    actor: NamedDependency[Actor],
) -> Response[bytes]:
    """The domain of an id or a name, with what to set in DNS."""
    return one(DescribedOut.of(await domains.get(box.store, box.domains, actor, project, domain)))


@patch(
    "/projects/{project:str}/domains/{domain:str}",
    opt=contract(one_of(DescribedOut), takes=DomainChangeIn),
)
async def redirect_domain(
    request: Request[Any, Any, Any],
    project: FromPath[str],
    domain: FromPath[str],
    box: NamedDependency[Box],
    actor: NamedDependency[Actor],
) -> Response[bytes]:
    """Sends a domain's visitors to another host of the project, or no longer."""
    body = await read_json(request, DomainChangeIn)
    changed = await domains.redirect(
        box.store, box.domains, box.settings, actor, project, domain, body.redirect_to
    )
    return one(DescribedOut.of(changed))


@post("/projects/{project:str}/domains/{domain:str}/check", opt=contract(one_of(DescribedOut, 202)))
async def check_domain(
    project: FromPath[str],
    domain: FromPath[str],
    box: NamedDependency[Box],
    actor: NamedDependency[Actor],
) -> Response[bytes]:
    """Has a domain looked at now; the answer does not wait for it."""
    due = await domains.check_now(box.store, box.domains, actor, project, domain)
    return one(DescribedOut.of(due), 202)


@delete("/projects/{project:str}/domains/{domain:str}", opt=contract(done()))
async def remove_domain(
    project: FromPath[str],
    domain: FromPath[str],
    box: NamedDependency[Box],
    actor: NamedDependency[Actor],
) -> None:
    """Removes a domain, at once."""
    await domains.remove(box.store, box.domains, actor, project, domain)


ROUTES = [add_domain, list_domains, get_domain, redirect_domain, check_domain, remove_domain]
