"""What is done on the host itself, beside the box: it works, and it shows."""

import asyncio
from pathlib import Path

import pytest

from sotabox.cli.main import run
from sotabox.events import Bus
from sotabox.model.audit import AuditEntry, AuditVerdict
from sotabox.operations.users import ensure_admin
from sotabox.store.store import Store


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A box that has an admin."""

    async def make() -> None:
        store = await Store.open(tmp_path, Bus())
        await ensure_admin(store)
        await store.close()

    asyncio.run(make())
    return tmp_path


def audit_of(data_dir: Path) -> tuple[list[AuditEntry], AuditVerdict]:
    async def read() -> tuple[list[AuditEntry], AuditVerdict]:
        store = await Store.open(data_dir, Bus())
        try:
            return await store.audit.page(None, 10), await store.audit.verify()
        finally:
            await store.close()

    return asyncio.run(read())


def test_what_lets_people_in_is_in_the_audit_log(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Under the name of who is at the terminal, without any secret, in an unbroken chain."""
    monkeypatch.setenv("SUDO_USER", "grace")
    where = ["--data-dir", str(data_dir)]
    for command in (
        ["apikey", "create", "--name", "ci"],
        ["partner", "create", "--name", "shop"],
        ["user", "invite", "ada@box.test", "--role", "viewer"],
        ["user", "setup-link", "--user", "ada@box.test"],
        ["user", "reset-password"],
        ["user", "reset-password", "--if-unset"],  # there is one: nothing is done
    ):
        assert run([*command, *where]) == 0
    printed = capsys.readouterr().out.split()
    entries, verdict = audit_of(data_dir)
    assert [(entry.action, entry.target) for entry in reversed(entries)] == [
        ("create_api_key", {"user": "admin@localhost", "name": "ci"}),
        ("create_partner", {"name": "shop"}),
        ("invite_user", {"user": "ada@box.test", "role": "viewer"}),
        ("renew_setup_link", {"user": "ada@box.test"}),
        ("reset_password", {"user": "admin@localhost"}),
    ]
    assert {(entry.actor, entry.address) for entry in entries} == {("grace on the host", "host")}
    assert verdict.intact
    secrets = {word.rpartition("/")[2] for word in printed} - {"admin@localhost"}
    assert not any(secret in str(entry) for secret in secrets for entry in entries)


def test_backup_and_its_return_are_in_the_audit_log(data_dir: Path, tmp_path: Path) -> None:
    """Who took everything of a box along, and who brought it back, shows; the chain goes on."""
    copies, fresh = tmp_path / "copies", tmp_path / "fresh"
    copies.mkdir()
    assert run(["backup", "--output", str(copies), "--data-dir", str(data_dir)]) == 0
    (copy,) = copies.iterdir()
    assert run(["restore", str(copy), "--data-dir", str(fresh)]) == 0
    (made,), _ = audit_of(data_dir)
    assert (made.action, made.target) == ("make_backup", {"name": copy.name})
    (restored,), verdict = audit_of(fresh)
    assert restored.action == "restore_box"
    assert restored.target["made_at"] < restored.at
    assert verdict.intact
