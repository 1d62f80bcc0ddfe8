"""All tools, in the order in which a client lists them."""

from typing import Final

from sotabox.cli.mcp import deployments, domains, projects, variables
from sotabox.cli.mcp.tool import Tool

TOOLS: Final[tuple[Tool, ...]] = (
    *projects.TOOLS,
    *deployments.TOOLS,
    *variables.TOOLS,
    *domains.TOOLS,
)
