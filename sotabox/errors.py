"""Every error that may reach a person, as one tree.

    SotaboxError
    ├── BadRequest 400          malformed: not the JSON, multipart or cursor we expect
    ├── Unauthorized 401
    ├── Forbidden 403
    ├── NotFound 404
    ├── MethodNotAllowed 405
    ├── Conflict 409            SlugTaken · NothingRunning · NoPreviousDeployment · ProjectDeleting
    │                           DuplicateHost · ProjectLimit · DomainTaken · DomainLimit
    ├── Gone 410
    ├── TooLarge 413
    ├── UnsupportedMediaType 415
    ├── Invalid 422             ArchiveInvalid · UnknownApp · IdempotencyKeyReused
    ├── ApprovalPending 428     a device login that nobody has confirmed yet
    ├── RateLimited 429
    ├── Internal 500            RouterRefused
    └── Unavailable 503         QueueFull · EngineUnavailable · RouterUnavailable · DiskFull

The class says what kind it is (`status`, `code`); the message says what was wrong, the hint what to
do next. Foreign exceptions become one of these at the edge of the room that met them; they become
HTTP in one place (`sotabox.web.failures`). A new class needs a line in `docs/errors.md`: a test asks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Detail:
    """One field of a request that was wrong."""

    field: str
    message: str


class SotaboxError(Exception):
    """A failure written for the person who meets it."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"

    def __init__(
        self, message: str, *, hint: str | None = None, details: Sequence[Detail] = ()
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details = tuple(details)


class BadRequest(SotaboxError):
    status = 400
    code = "bad_request"


class Unauthorized(SotaboxError):
    status = 401
    code = "unauthorized"


class SecondFactorNeeded(Unauthorized):
    code = "second_factor_required"


class Forbidden(SotaboxError):
    status = 403
    code = "forbidden"


class NotFound(SotaboxError):
    status = 404
    code = "not_found"


class MethodNotAllowed(SotaboxError):
    status = 405
    code = "method_not_allowed"


class Conflict(SotaboxError):
    status = 409
    code = "conflict"


class SlugTaken(Conflict):
    code = "slug_taken"


class NothingRunning(Conflict):
    code = "nothing_running"


class NoPreviousDeployment(Conflict):
    code = "no_previous_deployment"


class ProjectDeleting(Conflict):
    code = "project_deleting"


class DuplicateHost(Conflict):
    """Two projects, or a project and the box itself, claim one hostname."""

    code = "duplicate_host"


class DomainTaken(Conflict):
    """A project of this box has the domain already."""

    code = "domain_taken"


class DomainLimit(Conflict):
    """The project has as many domains as it may."""

    code = "domain_limit"


class ProjectLimit(Conflict):
    """The plan of a user has no room for another project."""

    code = "project_limit"


class Gone(SotaboxError):
    """It was there, and its time is over."""

    status = 410
    code = "expired"


class TooLarge(SotaboxError):
    status = 413
    code = "payload_too_large"


class UnsupportedMediaType(SotaboxError):
    status = 415
    code = "unsupported_media_type"


class Invalid(SotaboxError):
    status = 422
    code = "validation_error"


class ArchiveInvalid(Invalid):
    code = "archive_invalid"


class UnknownApp(Invalid):
    """The tree holds nothing that we know how to build."""

    code = "unknown_app"


class IdempotencyKeyReused(Invalid):
    """The key of a request came with another request before."""

    code = "idempotency_key_reused"


class ApprovalPending(SotaboxError):
    """A device asks for its key before a person has let it in."""

    status = 428
    code = "authorization_pending"


class RateLimited(SotaboxError):
    status = 429
    code = "rate_limited"

    def __init__(self, message: str, *, retry_after_s: int, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retry_after_s = retry_after_s


class Internal(SotaboxError):
    status = 500
    code = "internal_error"


class RouterRefused(Internal):
    """Caddy did not accept a document of ours; the one before stays in force."""

    code = "router_refused"


class Unavailable(SotaboxError):
    """Something that this box needs is away; the same request may succeed later."""

    status = 503
    code = "service_unavailable"

    def __init__(self, message: str, *, hint: str | None = None, retry_after_s: int = 5) -> None:
        super().__init__(message, hint=hint)
        self.retry_after_s = retry_after_s


class QueueFull(Unavailable):
    code = "queue_full"


class EngineUnavailable(Unavailable):
    code = "engine_unavailable"


class RouterUnavailable(Unavailable):
    code = "router_unavailable"


class DiskFull(Unavailable):
    """A disk takes no more.

    Attributes: of_engine: it is the engine's, which holds things that can be had again.
    """

    code = "disk_full"

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        retry_after_s: int = 5,
        of_engine: bool = False,
    ) -> None:
        super().__init__(message, hint=hint, retry_after_s=retry_after_s)
        self.of_engine = of_engine
