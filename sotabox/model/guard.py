"""A guard: for a while after its swap, a version that fails its visitors gives way to the one before."""

from typing import Final

import msgspec

PERCENT_DEFAULT: Final = 10.0
#: Fewer requests than this in the window tell nothing.
REQUESTS_LEAST: Final = 20
#: An app that the engine had to start again as often as this is not fit to serve.
CRASHES: Final = 3
WINDOW_S: Final = 60.0


class Guard(msgspec.Struct, frozen=True, kw_only=True):
    """A guard's row.

    Attributes:
        deployment_id: which deployment is watched; previous_id: where it goes back to.
        until: when the watch ends.
        percent: of answers that may be server errors.
        percent_before: how many were with the version before.
    """

    project_id: str
    deployment_id: str
    previous_id: str
    until: str
    percent: float
    percent_before: float


class Answers(msgspec.Struct, frozen=True):
    """Requests that were answered, and those of them with a 5xx, by whomever."""

    requests: int
    errors: int

    @property
    def percent(self) -> float:
        return 100 * self.errors / self.requests if self.requests else 0.0

    def since(self, before: "Answers") -> "Answers":
        """What came after `before`; all, where the counters began anew since."""
        if before.requests > self.requests:
            return self
        return Answers(self.requests - before.requests, self.errors - before.errors)


def judge(guard: Guard, answers: Answers, crashes: int) -> str | None:
    """Why a version has to give way, in words; None while it may stay.

    Args:
        guard: what it is held to. What the version before did as well is not held against it.
        answers: of the last `WINDOW_S` seconds.
        crashes: how often the engine started it again since its swap.
    """
    if crashes >= CRASHES:
        return f"it ended by itself {crashes} times"
    percent = answers.percent
    if answers.requests < REQUESTS_LEAST or percent < guard.percent:
        return None
    if percent <= guard.percent_before:
        return None
    return (
        f"{answers.errors} of its last {answers.requests} answers were server errors "
        f"({percent:.0f} %, of {guard.percent:g} % that are allowed)"
    )
