"""What git says when it fetches nothing, in the words of the person who deployed (pure)."""

import re
from typing import Final
from urllib.parse import urlsplit

from sotabox.model.origin import GitOrigin


class GitFailed(Exception):
    """Nothing was fetched. `reason` and `hint` are for the person who deployed."""

    def __init__(self, reason: str, hint: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint


def diagnose(said: str, origin: GitOrigin) -> GitFailed:
    """What git's words mean for the person who deployed."""
    host = urlsplit(origin.url).hostname or ""
    ref = origin.ref or "HEAD"
    for pattern, reason, hint in _MEANINGS:
        if re.search(pattern, said, re.IGNORECASE):
            return GitFailed(reason.format(host=host, ref=ref, url=origin.url), hint)
    lines = [line for line in said.splitlines() if line.strip()]
    last = lines[-1].removeprefix("fatal: ")[:300] if lines else "git said nothing"
    return GitFailed(f"The repository could not be fetched: {last}", "Check its URL.")


_MEANINGS: Final = (
    (
        r"could not read Username|Authentication failed|returned error: 40[13]",
        "{host} does not let us in: there is no such repository, or it is private",
        "For a private repository give a token that may read it.",
    ),
    (
        r"couldn't find remote ref",
        "The repository has no branch or tag {ref!r}",
        "A commit must be given with its full id.",
    ),
    (
        r"not our ref|unadvertised object|no such remote ref",
        "The repository has no commit {ref}, or gives out branches and tags only",
        "Give the name of a branch or tag that holds it.",
    ),
    (
        r"redirect|returned error: 30\d",
        "{host} sends us elsewhere from {url}",
        "Give the final URL; with some hosts it ends in .git.",
    ),
    (
        r"repository .*not found|returned error: 404",
        "{host} has no repository at this address",
        "Check its URL; a private one may look like this without a token.",
    ),
    (
        r"dumb http transport",
        "{host} serves this repository as plain files, which can't be fetched in part",
        "Fetch it from a host with Git's own protocol, or upload an archive.",
    ),
    (
        r"SSL certificate|server certificate|unable to get local issuer",
        "The certificate of {host} is not one that this box trusts",
        "A company's own authority is named by SOTABOX_BUILD_CA.",
    ),
    (
        r"(?:not resolve|to|n't) connect|Could not resolve|refused|timed? ?out",
        "{host} does not answer",
        "Check the URL, or try again later.",
    ),
)
