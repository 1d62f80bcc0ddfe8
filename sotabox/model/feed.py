"""The feed of a box: what happened, in order, for whoever wants to follow it."""

import msgspec


class FeedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to a project; the database itself notes it, with the change.

    The last 10,000 are kept: a feed is for those who follow, not for the archives.

    `type` is `deployment.` and its new status; `project.created`, `renamed`, `paused`, `resumed` or
    `deleted`; `variables.changed`, `settings.changed`; `domain.added`, `removed`, or its new status;
    `app.degraded`, `app.recovered`.
    """

    id: int
    type: str
    project_id: str
    deployment_id: str | None
    at: str
