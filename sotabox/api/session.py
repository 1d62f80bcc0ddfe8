"""`/v1/auth/session`: a password for a token that is good for an hour."""

from typing import Any

import msgspec
from litestar import Request, Response, delete, post
from litestar.di import NamedDependency

from sotabox.api.body import read_json
from sotabox.api.contract import contract, done, one_of
from sotabox.api.envelope import one
from sotabox.api.people_schemas import UserOut
from sotabox.errors import Conflict, SecondFactorNeeded, Unauthorized
from sotabox.model.session import TOKEN_MAX
from sotabox.operations import logins, session_tokens
from sotabox.operations.actor import Actor
from sotabox.web.actor import bearer_token
from sotabox.web.box import Box
from sotabox.web.visitor import visitor_of


class LoginIn(msgspec.Struct, forbid_unknown_fields=True):
    """Address and password; `code` is of the authenticator app, for who has a second factor."""

    email: str
    password: str
    code: str | None = None


class SessionOut(msgspec.Struct, kw_only=True):
    """A session token: the only time that it is shown. Send it as an API key is sent."""

    token: str
    token_type: str
    expires_in: int
    expires_at: str
    user: UserOut


@post(
    "/auth/session",
    opt=contract(one_of(SessionOut, 201), takes=LoginIn, errors=(Unauthorized, SecondFactorNeeded)),
)
async def log_in(request: Request[Any, Any, Any], box: NamedDependency[Box]) -> Response[bytes]:
    """A token for who knows a password: a JWT, good for an hour, and ended by DELETE."""
    body = await read_json(request, LoginIn)
    issued = await logins.issue_token(
        box.store, box.logins, visitor_of(request), body.email, body.password, body.code
    )
    shown = SessionOut(
        token=issued.token,
        token_type="Bearer",  # noqa: S106 - a kind, not a secret
        expires_in=round(TOKEN_MAX.total_seconds()),
        expires_at=issued.expires_at,
        user=UserOut.of(issued.user),
    )
    return one(shown, 201)


@delete("/auth/session", opt=contract(done(), errors=(Conflict,)))
async def log_out(
    request: Request[Any, Any, Any], box: NamedDependency[Box], actor: NamedDependency[Actor]
) -> None:
    """Ends the session whose token is sent, at once."""
    token = bearer_token(request.scope["headers"])
    if not await session_tokens.revoke(box.store, actor, token):
        raise Conflict(
            "This is an API key, not a session token", hint="DELETE /v1/api-keys/ID revokes a key."
        )


ROUTES = [log_in, log_out]
