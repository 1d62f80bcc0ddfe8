"""The API's reference: complete, for everybody, and small enough for a slow line."""

import gzip
import re

from sotabox.api.routes import openapi
from sotabox.dashboard.api_shapes import describe, read_groups, read_shapes
from tests.in_process import InProcess
from tests.unit.dashboard.conftest import Browser, open_browser

LIMIT_BYTES = 100_000


async def test_reference_is_there_without_a_login_and_needs_nothing_from_elsewhere(
    site: InProcess,
) -> None:
    """Offline as well: every address in it is the box's own, and no script or style is inline."""
    async with open_browser(site) as browser:
        page = await browser.get("/docs")
        assert page.status_code == 200
        assert "unsafe" not in page.headers["content-security-policy"]
        loaded = re.findall(r'(?:src|href)="([^"#]+)', page.text)
        assert {address for address in loaded if not address.startswith("/")} == set()
        assert not re.search(r"<style|<script(?![^>]* src=)|\sstyle=|\son\w+=", page.text)


async def test_reference_has_every_operation_and_every_shape(admin: Browser) -> None:
    """Each method of each address, with a line to copy; each name leads to what it names."""
    page = (await admin.get("/docs")).text
    for path, methods in openapi()["paths"].items():
        for method, operation in methods.items():
            assert f'id="{operation["operationId"]}"' in page, (method, path)
            assert path in page
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids)), "an id is one thing's"
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)
    assert "#file" not in page


async def test_reference_is_small(site: InProcess) -> None:
    """With all that it loads, compressed."""
    async with open_browser(site) as browser:
        page = await browser.get("/docs")
        loaded = set(re.findall(r'(?:src|href)="(/static/[^"#]+)', page.text))
        parts = [page, *[await browser.get(address) for address in loaded]]
    sizes = [len(gzip.compress(part.content)) for part in parts]
    assert sum(sizes) <= LIMIT_BYTES, sizes


def test_command_lines_say_what_is_needed() -> None:
    """A key where one is asked for, a body that fits, the reader's part in capitals."""
    lines = {
        operation.id: operation.curl
        for group in read_groups(openapi(), "https://box.test")
        for operation in group.operations
    }
    key = '-H "Authorization: Bearer $KEY"'
    assert lines["get_deployment"] == (
        f"curl {key} https://box.test/v1/projects/PROJECT/deployments/DEPLOYMENT"
    )
    assert lines["deploy"] == (
        f"curl {key} -F archive=@app.tar.gz https://box.test/v1/projects/PROJECT/deploy"
    )
    assert lines["put_env_var"].startswith(f"curl {key} --json ")
    assert '"key": "…"' in lines["put_env_var"]
    assert lines["restart"] == f"curl {key} -X POST https://box.test/v1/projects/PROJECT/restart"
    assert lines["begin_device_login"].startswith("curl --json '{}' ")
    assert " -N " in lines["stream_log"]


def test_types_are_written_as_people_do() -> None:
    """What may be nothing, lists, maps, and names that lead on."""
    words = describe({"anyOf": [{"type": "array", "items": {"$ref": "#/components/schemas/A"}},
                                {"type": "null"}]})  # fmt: skip
    assert "".join(word.text for word in words) == "[A] | null"
    assert [word.shape for word in words if word.shape] == ["A"]
    names = {shape.name for shape in read_shapes(openapi())}
    assert {"DeploymentOut", "Error", "Pagination"} <= names
