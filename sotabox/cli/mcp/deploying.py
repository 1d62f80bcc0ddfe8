"""A directory on its way to a box, and the wait for how that ends."""

import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from sotabox.cli.mcp.tool import Asked, ToolFailed
from sotabox.cli.packing import pack
from sotabox.cli.secret_files import render_warnings
from sotabox.cli.watch import SETTLED

#: Clients of the official kit give up after 60 s; what lasts longer is looked at with get-status.
_PATIENCE_S: Final = 45.0
_FIRST_LOOK_S: Final = 0.4
_SELDOM_S: Final = 3.0  # a box allows 100 requests a minute
_LINES: Final = 25


def send_folder(asked: Asked) -> dict[str, Any]:
    """Packs and uploads a call's directory; the accepted deployment."""
    folder = Path(asked.arguments.get("directory") or ".").expanduser()
    # Asked before all is packed and sent: a wrong project is known at once.
    asked.remote.call("GET", asked.path())
    asked.call.tell("packing")
    with tempfile.TemporaryDirectory() as scratch:
        archive = Path(scratch) / "archive.tar.gz"
        with archive.open("wb") as out:
            packed = pack(folder, out, lambda _: asked.call.check())
        for line in render_warnings(packed.secrets):
            asked.call.tell(line)
        asked.call.tell(f"uploading {packed.files} files, {packed.size_bytes} bytes")
        deployment: dict[str, Any] = asked.remote.upload(
            asked.path("deploy"), archive, lambda _: asked.call.check(), folder=folder
        )
    return deployment


def await_verdict(asked: Asked, deployment: Mapping[str, Any]) -> str:
    """How a deployment ended, or how it is when patience ends; it goes on all the same.

    Raises:
        ToolFailed: it failed; says why, what to do, and how its log ends.
    """
    path = f"/projects/{deployment['project_id']}/deployments/{deployment['id']}"
    deadline, pause_s = time.monotonic() + _PATIENCE_S, _FIRST_LOOK_S
    told = None
    while deployment["status"] not in SETTLED and time.monotonic() < deadline:
        if deployment["status"] != told:
            told = deployment["status"]
            asked.call.tell(told)
        if asked.call.ended.wait(pause_s):
            break
        pause_s = min(pause_s * 1.5, _SELDOM_S)
        deployment = asked.remote.call("GET", path)
    asked.call.check()
    lines = describe(deployment)
    match deployment["status"]:
        case "running":
            return "\n".join([f"Live at {asked.live_url(deployment)}", *lines])
        case "failed" | "stopped":
            log = asked.remote.text(f"{path}/logs").splitlines()[-_LINES:]
            raise ToolFailed("\n".join([*lines, "The end of its log:", *log]))
    return "\n".join([*lines, "It goes on; look with get-status, and get-logs for its log."])


def describe(deployment: Mapping[str, Any]) -> list[str]:
    """A deployment in a few lines, with its error if it has one."""
    lines = [
        f"Deployment: {deployment['id']} (number {deployment['number']})",
        f"Status: {deployment['status']}",
        f"Created: {deployment['created_at']}",
    ]
    if deployment["error"]:
        lines.append(f"Error: {deployment['error']}")
    if deployment.get("hint"):
        lines.append(f"Hint: {deployment['hint']}")
    return lines
