"""`sotabox mcp` as an agent's program uses it: the official client, a real box."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp_types import CallToolResult, TextContent

from tests.appliance.person import break_app
from tests.box import Box, running_box

pytestmark = [pytest.mark.engine, pytest.mark.slow]

OFFICIAL = {
    "list-projects", "create-project", "delete-project", "deploy", "get-logs", "set-env", "get-env",
    "rollback", "get-status", "add-domain", "list-domains", "get-domain", "remove-domain",
}  # fmt: skip


@pytest.fixture(scope="module")
def shared_box(docker_host: str) -> Iterator[Box]:  # noqa: ARG001  its end tells what was left
    with running_box(health_timeout_s="3") as box:
        yield box


@pytest.fixture
def environ(shared_box: Box, tmp_path: Path) -> dict[str, str]:
    """The environment of an agent's program, which has the key to a box."""
    return {
        "HOME": str(tmp_path),
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        "SOTA_API_URL": f"http://localhost:{shared_box.port}",
        "SOTA_API_KEY": shared_box.key,
    }


@pytest.fixture
def folder(app_files: dict[str, str], tmp_path: Path) -> Path:
    folder = tmp_path / "app"
    folder.mkdir()
    for name, text in app_files.items():
        (folder / name).write_text(text)
    return folder


def client_of(environ: dict[str, str], folder: Path, mode: str) -> Client:
    """The official client, with a server of its own that runs in `folder`."""
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "sotabox", "mcp"], env=environ, cwd=folder
    )
    return Client(stdio_client(server), mode=mode)


def text_of(result: CallToolResult) -> str:
    """What the model reads; of a call that went well."""
    assert not result.is_error, result
    return worded(result)


def worded(result: CallToolResult) -> str:
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


async def test_agent_deploys_breaks_looks_and_goes_back(
    environ: dict[str, str], folder: Path, shared_box: Box
) -> None:
    """An agent brings a folder live by itself, reads why a change failed, and goes back."""
    slug = f"agent-{os.urandom(3).hex()}"
    told: list[str | None] = []

    async def hear(_progress: float, _total: float | None, message: str | None) -> None:
        told.append(message)

    async with client_of(environ, folder, "auto") as agent:
        made = text_of(await agent.call_tool("create-project", {"name": slug, "slug": slug}))
        assert slug in text_of(await agent.call_tool("list-projects", {}))
        project = {"project_id": shared_box.request("GET", f"/v1/projects/{slug}").data["id"]}
        assert project["project_id"] in made
        set_ = {**project, "key": "COLOUR", "value": "deep blue"}
        assert "COLOUR is set" in text_of(await agent.call_tool("set-env", set_))
        assert "COLOUR=deep blue" in text_of(await agent.call_tool("get-env", project))
        live = text_of(await agent.call_tool("deploy", project, progress_callback=hear))
        assert f"http://{slug}.localhost:{shared_box.port}" in live
        assert told[0] == "packing"
        assert shared_box.visit(slug).status == 200

        break_app(folder)
        failed = await agent.call_tool("deploy", {**project, "directory": str(folder)})
        assert failed.is_error
        assert "Status: failed" in worded(failed)
        assert "127.0.0.1" in worded(failed)
        assert "Error: " in text_of(await agent.call_tool("get-status", project))
        assert "[deploy]" in text_of(await agent.call_tool("get-logs", project))
        assert "Live at" in text_of(await agent.call_tool("redeploy", project))
        back = text_of(await agent.call_tool("rollback", {**project, "deployment_id": "1"}))
        assert "Status: running" in back
        listed = text_of(await agent.call_tool("list-deployments", project))
        assert [line.split(":")[0] for line in listed.splitlines()] == ["4", "3", "2", "1"]
        assert "listening on" in text_of(await agent.call_tool("get-app-logs", project))

        name = {**project, "domain": f"{slug}.example.com"}
        assert "CNAME" in text_of(await agent.call_tool("add-domain", name))
        assert name["domain"] in text_of(await agent.call_tool("list-domains", project))
        one = {**project, "domain_id": name["domain"]}
        assert "CNAME" in text_of(await agent.call_tool("get-domain", one))
        text_of(await agent.call_tool("remove-domain", one))
        text_of(await agent.call_tool("delete-env", {**project, "key": "COLOUR"}))
        text_of(await agent.call_tool("delete-project", {"project_id": slug}))
    assert shared_box.request("GET", f"/v1/projects/{slug}").status == 404


@pytest.mark.parametrize("mode", ["legacy", "auto", "2026-07-28"])
async def test_client_of_any_age_gets_the_official_tools(
    environ: dict[str, str], tmp_path: Path, mode: str
) -> None:
    """Whatever protocol version an agent's program speaks, it finds the tools by their names."""
    async with client_of(environ, tmp_path, mode) as agent:
        tools = {tool.name: tool for tool in (await agent.list_tools()).tools}
        assert set(tools) >= OFFICIAL
        assert tools["deploy"].input_schema["required"] == ["project_id"]
        unknown = await agent.call_tool("get-status", {"project_id": "no-such-project"})
        assert unknown.is_error
        wrong = await agent.call_tool("get-status", {"project": 7})
        assert wrong.is_error
        assert "project_id: is required" in worded(wrong)


async def test_agent_without_a_login_is_told_how(environ: dict[str, str], tmp_path: Path) -> None:
    """A missing login is an answer for the model, which can tell its person what to type."""
    del environ["SOTA_API_URL"]
    async with client_of(environ, tmp_path, "auto") as agent:
        result = await agent.call_tool("list-projects", {})
    assert result.is_error
    assert "sotabox login" in worded(result)


def test_output_holds_messages_alone_and_ends_with_the_input(
    environ: dict[str, str], tmp_path: Path
) -> None:
    """Lines in, lines out, whatever else is said; at the end of the input it answers and leaves."""

    def ask(lines: Sequence[str]) -> list[dict[str, object]]:
        done = subprocess.run(
            [sys.executable, "-m", "sotabox", "mcp"],
            check=True, input="\n".join(lines) + "\n", env=environ, cwd=tmp_path,
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        return [json.loads(line) for line in done.stdout.splitlines()]

    call = {"name": "list-projects", "arguments": {}}
    answers = ask(
        [
            "no JSON",
            json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}),
            json.dumps({"jsonrpc": "2.0", "id": "two", "method": "ping"}),
        ]
    )
    assert {str(answer["id"]) for answer in answers} == {"None", "1", "two"}
    (listed,) = (answer["result"] for answer in answers if answer["id"] == 1)
    assert isinstance(listed, dict)
    assert not listed["isError"], listed
