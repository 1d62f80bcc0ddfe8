"""Errors of the dashboard as pages: what happened, and what to do next."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

from litestar import Request, Response, get
from litestar.params import FromPath

from sotabox.dashboard.site import Site
from sotabox.dashboard.templates import Page
from sotabox.dashboard.visit import LoginNeeded, Visit
from sotabox.errors import NotFound
from sotabox.web import failures
from sotabox.web.box import Box

Answer: TypeAlias = Callable[[Request[Any, Any, Any], Exception], Response[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorPage(Page):
    """An error that belongs to no form."""

    template: ClassVar[str] = "pages/error.html"

    status: int
    message: str
    hint: str


def answering(box: Box, site: Site) -> Answer:
    """Litestar's handler of every exception of the dashboard; a function, as it copies objects."""

    def answer(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
        visit = Visit(request, box, site)
        if isinstance(error, LoginNeeded):
            return visit.to_login()
        ours = failures.translate(error)
        page = ErrorPage(
            title=ours.message, status=ours.status, message=ours.message, hint=ours.hint or ""
        )
        return visit.show(page, status=ours.status)

    return answer


@get("/{path:path}")
async def nothing_here(path: FromPath[str]) -> None:  # noqa: ARG001  it is all addresses
    """Any other address."""
    raise NotFound(
        "There is nothing at this address", hint="It may have been deleted, or mistyped."
    )


ROUTES = [nothing_here]
