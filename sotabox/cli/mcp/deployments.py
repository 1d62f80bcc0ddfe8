"""Tools about deployments: to deploy, to look, to go back."""

from typing import Final
from urllib.parse import quote

from sotabox.cli.deployments import find_deployment
from sotabox.cli.mcp.deploying import await_verdict, describe, send_folder
from sotabox.cli.mcp.projects import PROJECT
from sotabox.cli.mcp.tool import Act, Argument, Asked, Tool
from sotabox.errors import NotFound

_LOG_MAX: Final = 60_000
_DEPLOYMENT: Final = Argument(
    "deployment_id", "Its id, the beginning of one, or its number (default: the newest)",
    required=False,
)  # fmt: skip


def _deploy(asked: Asked) -> str:
    deployment = send_folder(asked)
    return await_verdict(asked, deployment)


def _again(verb: str) -> Act:
    def act(asked: Asked) -> str:
        body = {}
        if wanted := asked.arguments.get("deployment_id"):
            project = quote(asked.arguments["project_id"], safe="")
            body = {"deployment_id": find_deployment(asked.remote, project, wanted)["id"]}
        options = {"json": body} if body else {}
        deployment = asked.remote.call("POST", asked.path(verb), **options)
        return await_verdict(asked, deployment)

    return act


def _logs(asked: Asked) -> str:
    project = quote(asked.arguments["project_id"], safe="")
    id_ = find_deployment(asked.remote, project, asked.arguments.get("deployment_id"))["id"]
    return (
        _tail(asked.remote.text(f"/projects/{project}/deployments/{id_}/logs")) or "No lines yet."
    )


def _app_logs(asked: Asked) -> str:
    query = {
        "tail": str(asked.arguments.get("lines", 200)),
        **{name: asked.arguments[name] for name in ("since", "search") if name in asked.arguments},
    }
    headers = {"Accept": "application/json"}
    rows = asked.remote.call("GET", asked.path("logs"), params=query, headers=headers)
    return _tail("\n".join(row["text"] for row in rows)) or "It has printed nothing."


def _status(asked: Asked) -> str:
    project = asked.remote.call("GET", asked.path())
    lines = [
        f"Project: {project['name']} ({project['slug']})",
        f"Status: {project['status'] or 'nothing deployed yet'}",
        f"URL: {asked.live_url(project) or '-'}",
    ]
    try:
        newest = find_deployment(asked.remote, project["id"], None)
    except NotFound:
        return "\n".join(lines)
    return "\n".join([*lines, "Newest deployment:", *(f"  {line}" for line in describe(newest))])


def _list(asked: Asked) -> str:
    path = asked.path("deployments")
    rows = asked.remote.call("GET", path, params={"limit": str(asked.arguments.get("limit", 10))})
    lines = [
        f"{row['number']}: {row['status']}, {row['source']}, {row['created_at']}, id {row['id']}"
        for row in rows
    ]
    return "\n".join(lines) or "Nothing was deployed yet."


def _tail(text: str) -> str:
    if len(text) <= _LOG_MAX:
        return text
    return "(earlier lines are left out)\n" + text[-_LOG_MAX:].partition("\n")[2]


TOOLS: Final = (
    Tool(
        "deploy",
        "Deploy",
        "Packs a directory, uploads it, builds and starts it, and waits for the verdict: the "
        "address of the live app, or why it failed. What .gitignore and .sotaignore name, and .env, "
        "stays at home. A build of more than some 45 s goes on; look with get-status.",
        (
            PROJECT,
            Argument(
                "directory",
                "Directory of the app (default: the one in which this server runs)",
                required=False,
            ),
        ),
        _deploy,
    ),
    Tool(
        "get-logs",
        "Get logs",
        "The build and deploy log of a deployment; get-app-logs has what the app prints.",
        (PROJECT, _DEPLOYMENT),
        _logs,
        reads=True,
    ),
    Tool(
        "get-app-logs",
        "Get the app's logs",
        "What the running app prints to stdout and stderr.",
        (
            PROJECT,
            Argument("lines", "How many, from the end (default 200)", "integer", required=False),
            Argument("since", "Only newer ones, such as 10m or 2h", required=False),
            Argument("search", "Only lines that hold this text", required=False),
        ),
        _app_logs,
        reads=True,
    ),
    Tool(
        "get-status",
        "Get the status",
        "How a project is: its address, and its newest deployment with the error if it failed.",
        (PROJECT,),
        _status,
        reads=True,
    ),
    Tool(
        "list-deployments",
        "List deployments",
        "The last deployments of a project, newest first.",
        (PROJECT, Argument("limit", "How many, 1 to 100 (default 10)", "integer", required=False)),
        _list,
        reads=True,
    ),
    Tool(
        "rollback",
        "Roll back",
        "Puts the version before live again, or another one that is kept, with today's variables.",
        (PROJECT, _DEPLOYMENT),
        _again("rollback"),
    ),
    Tool(
        "redeploy",
        "Redeploy",
        "Starts the running version again with today's variables, without a build.",
        (PROJECT,),
        _again("redeploy"),
    ),
)
