"""How a deployment fails by the app's fault: a result of the pipeline, not an error of the box."""


class DeploymentFailed(Exception):
    """Ends a deployment. Never leaves the pipeline: it becomes the row's error and hint.

    Args:
        reason: what happened, in a sentence that a person understands.
        hint: the one thing to do next.
        evidence: lines that the log should show before it, such as the app's own last words.
    """

    def __init__(
        self, reason: str, *, hint: str | None = None, evidence: list[str] | None = None
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint
        self.evidence = evidence or []
