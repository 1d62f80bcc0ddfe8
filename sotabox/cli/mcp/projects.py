"""Tools about projects."""

from typing import Final

from sotabox.cli.mcp.tool import Argument, Asked, Tool

PROJECT: Final = Argument("project_id", "Id or slug of the project")


def _list(asked: Asked) -> str:
    rows = [
        f"{row['slug']}: {row['status'] or 'nothing deployed yet'}\n"
        f"  name: {row['name']}\n  id: {row['id']}\n  url: {asked.live_url(row) or '-'}"
        for row in asked.remote.pages("/projects")
    ]
    return "\n".join(rows) or "There are no projects yet. Make one with create-project."


def _create(asked: Asked) -> str:
    project = asked.remote.call("POST", "/projects", json=asked.arguments)
    return (
        f"Project {project['slug']} is made.\nid: {project['id']}\nname: {project['name']}\n"
        f"slug: {project['slug']}\nNext: deploy, with project_id {project['id']}."
    )


def _delete(asked: Asked) -> str:
    asked.remote.call("DELETE", asked.path())
    return f"Project {asked.arguments['project_id']} is deleted, with all that belonged to it."


TOOLS: Final = (
    Tool(
        "list-projects",
        "List projects",
        "Lists the projects on the box: slug, status, id and address of each.",
        (),
        _list,
        reads=True,
    ),
    Tool(
        "create-project",
        "Create a project",
        "Makes a new, empty project to which an app can be deployed.",
        (
            Argument("name", "What it is called, 1 to 100 characters"),
            Argument(
                "slug", "Its part of the address (default: made from the name)", required=False
            ),
        ),
        _create,
    ),
    Tool(
        "delete-project",
        "Delete a project",
        "Deletes a project with its app, releases, variables, domains and logs. There is no way "
        "back: ask the user first. Local files stay.",
        (PROJECT,),
        _delete,
        destroys=True,
    ),
)
