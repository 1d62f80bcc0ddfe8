"""The box's own pages: who is let in, what needs a person, and what is done there."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sotabox.dashboard import search
from sotabox.dashboard.box_page import load_line
from sotabox.model.times import now
from sotabox.model.user import ApiKey, Role
from sotabox.operations.certificates import state_of
from sotabox.router.files import RouterFiles
from sotabox.router.kept_certificates import Certificate
from sotabox.store.store import Store
from sotabox.upkeep.backup import backup_name
from sotabox.upkeep.record import BackupRecord, write_record
from tests.in_process import open_site
from tests.unit.dashboard.conftest import _HASH, Browser, let_in, open_browser

PAGES = [
    "/box",
    "/box/disk",
    "/box/people",
    "/box/certificates",
    "/box/backups",
    "/box/audit",
    "/box/audit?check=yes",
    "/box/updates",
]
ACTIONS = [
    "/box/free",
    "/box/people",
    "/box/people/{user}",
    "/box/people/{user}/link",
    "/box/people/{user}/factor/reset",
    "/box/people/{user}/log-out",
    "/box/people/{user}/remove",
    "/box/backups",
    "/box/backups/some.sotabox-backup/download",
]


@pytest.mark.parametrize("role", [Role.MEMBER, Role.VIEWER])
async def test_box_is_the_admins_matter(guest: Browser, role: Role) -> None:
    """Others see their projects, not the machine: no page of it, no action, and no link to it."""
    await let_in(guest, "bob@box.test", role)
    token = await guest.token("/account")
    user = guest.site.admin.id
    form = {"csrf": token, "email": "x@box.test", "role": "admin", "plan": "box"}
    for path in [*PAGES, f"/box/people/{user}"]:
        assert (await guest.get(path)).status_code in {403, 404}, path
    for path in ACTIONS:
        answer = await guest.client.post(path.format(user=user), data=form)
        assert answer.status_code in {403, 404}, path
    assert 'href="/box' not in (await guest.get("/")).text
    assert "/box" not in (await guest.get("/search")).text
    [admin] = [u for u in await guest.site.box.store.users.all() if u.role is Role.ADMIN]
    assert admin.password_hash


@pytest.mark.parametrize("path", PAGES)
async def test_page_of_the_box_is_there_without_docker(admin: Browser, path: str) -> None:
    """When something is wrong, the pages that tell of it are there."""
    answer = await admin.get(path)
    assert answer.status_code == 200
    assert 'aria-current="page"' in answer.text


async def test_person_is_changed_logged_out_and_removed_with_an_heir(
    admin: Browser, another: Callable[..., object]
) -> None:
    """All that an admin needs when somebody comes, loses their phone, or goes."""
    store = admin.site.box.store
    async with another() as browser:  # type: ignore[attr-defined]
        bob = await let_in(browser, "bob@box.test")
        project = await admin.site.project("bobs", owner=bob)
        await store.second_factors.put(bob.id, "A" * 32)
        page = f"/box/people/{bob.id}"
        assert "second factor on" in (await admin.get("/box/people")).text
        form = {"role": "viewer", "plan": "free"}
        assert (await admin.send(page, form)).status_code == 303
        assert (await browser.get("/account")).text.count("viewer")
        assert (await admin.send(f"{page}/factor/reset", {}, of=page)).status_code == 303
        assert await store.second_factors.find(bob.id) is None
        assert (await browser.get("/account")).status_code == 303  # to the login
        wrong = await admin.send(f"{page}/remove", {"confirm": "bob", "heir": ""}, of=page)
        assert wrong.status_code == 422
        done = await admin.send(
            f"{page}/remove", {"confirm": "bob@box.test", "heir": admin.site.admin.email}, of=page
        )
        assert done.status_code == 303
    kept = await store.projects.find(project.id)
    assert kept is not None
    assert kept.user_id == admin.site.admin.id
    noted = [entry.action for entry in await store.audit.page(None, 10)]
    assert noted[:4] == ["remove_user", "remove_user", "reset_second_factor", "change_user"]


async def test_last_admin_stays_one(admin: Browser) -> None:
    """The form says why, in its place."""
    page = f"/box/people/{admin.site.admin.id}"
    answer = await admin.send(page, {"role": "member", "plan": "box"})
    assert answer.status_code == 409
    assert "last admin" in answer.text


async def test_setup_link_is_shown_once(admin: Browser) -> None:
    """Whoever looks over a shoulder later sees nothing."""
    answer = await admin.send("/box/people", {"email": "new@box.test", "role": "member"})
    assert "/setup/" in answer.text
    assert "/setup/" not in (await admin.get("/box/people")).text


async def test_audit_log_is_filtered_and_paged(admin: Browser) -> None:
    """A year of entries can be read: of one person, of one kind, page by page."""
    store = admin.site.box.store
    for number in range(60):
        await _note(store, "ada@box.test" if number % 2 else "Bob@box.test", f"act_{number % 3}")
    first = await admin.get("/box/audit?who=bob&what=act_0")
    assert first.text.count('class="row entry"') == 10
    assert "ada@box.test" not in first.text
    everything = await admin.get("/box/audit")
    older = re.search(r'href="(/box/audit\?before=\d+)">Older', everything.text)
    assert older
    assert everything.text.count('class="row entry"') == 50
    assert "Older" not in (await admin.get(older[1])).text
    assert "chain intact" in (await admin.get("/box/audit?check=yes")).text


async def test_what_needs_a_person_stands_on_every_page(tmp_path: Path) -> None:
    """Docker away, a full disk, a failed backup: seen by who can do something, wherever they are."""
    async with open_site(
        tmp_path / "box", disk_floor_mb=10**9, backup_dir=tmp_path / "backups"
    ) as site:
        site.box.pipeline.engine.away_since = datetime.now(UTC)
        problem = BackupRecord(tried_at=now(), problem="the disk <is> gone")
        write_record(site.box.store.folders.backup_record, problem)
        await site.box.store.users.set_password(site.admin.id, _HASH)
        async with open_browser(site) as admin:
            await admin.log_in()
            for path in ("/", "/account", "/box/backups"):
                text = (await admin.get(path)).text
                assert "Docker does not answer" in text
                assert "disk is nearly full" in text
                assert "the disk &lt;is&gt; gone" in text
            async with open_browser(site) as member:
                await let_in(member, "bob@box.test")
                assert "Docker does not answer" not in (await member.get("/")).text


async def test_backup_is_listed_downloaded_and_noted(tmp_path: Path) -> None:
    """Only what is a backup of this box, only by a form, and never without a trace."""
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / "passwords.txt").write_text("secret")
    async with open_site(tmp_path / "box", backup_dir=folder) as site:
        store = site.box.store
        name = backup_name(store.folders.instance_id(), datetime.now(UTC))
        (folder / name).write_bytes(b"sotabox encrypted 1\n" + bytes(2_000_000))
        await store.users.set_password(site.admin.id, _HASH)
        async with open_browser(site) as admin:
            await admin.log_in()
            page = (await admin.get("/box/backups")).text
            assert "2.0 MB" in page
            assert "encrypted" in page
            assert (await admin.get(f"/box/backups/{name}/download")).status_code in {404, 405}
            answer = await admin.send(f"/box/backups/{name}/download", {}, of="/box/backups")
            assert len(answer.content) == 2_000_020
            assert name in answer.headers["content-disposition"]
            for other in ("passwords.txt", "..%2Fbox%2Fkey"):
                gone = await admin.send(f"/box/backups/{other}/download", {}, of="/box/backups")
                assert gone.status_code == 404
        noted = await store.audit.page(None, 10, what="download_backup")
        assert [e.target["name"] for e in noted if e.status == 200] == [name]


async def test_search_finds_projects_domains_tabs_and_pages(
    admin: Browser, another: Callable[..., object]
) -> None:
    """A few letters lead there; nobody is led to what is not theirs."""
    project = await admin.site.project("web-shop")
    await admin.site.box.store.domains.insert(project.id, "ada.example", "ada.example", None, 9)

    async def found(query: str, browser: Browser = admin) -> list[str]:
        page = (await browser.get("/search", params={"q": query})).text
        return re.findall(r'stretch" href="([^"]+)"', page)

    assert await found("SHOP") == ["/projects/web-shop"]
    assert await found("ada.ex") == ["/projects/web-shop/domains"]
    assert await found("shop log") == ["/projects/web-shop/logs"]
    assert await found("audit") == ["/box/audit"]
    assert "Nothing has “&lt;b&gt;”" in (await admin.get("/search?q=<b>")).text
    async with another() as browser:  # type: ignore[attr-defined]
        await let_in(browser, "bob@box.test")
        for query in ("shop", "ada.ex", "audit", "shop log"):
            assert await found(query, browser) == []


def test_every_page_that_the_search_leads_to_is_there() -> None:
    """What is renamed is renamed there, too."""
    assert {href for _, href, _, _ in search.PAGES} >= {
        path for path in PAGES if "?" not in path
    } - {"/box/disk"}


def test_load_line_has_the_cores_in_sight() -> None:
    """A calm machine's line lies low, a busy one's above the mark of its cores."""
    calm = load_line([(600, 0.1), (900, 0.2)], 2, 1200)
    busy = load_line([(600, 0.1), (900, 8.0)], 2, 1200)
    assert load_line([(600, 0.1)], 2, 1200) is None
    assert calm is not None
    assert busy is not None
    assert float(calm.cores_y) < 20
    assert float(busy.cores_y) > 80
    assert calm.path.startswith("M")


async def _note(store: Store, actor: str, action: str) -> None:
    await store.audit.append(
        actor_id="", actor=actor, action=action, target={}, address="192.0.2.1", status=200
    )


async def test_key_that_works_for_a_while_says_until_when(admin: Browser) -> None:
    """Who makes a key for a contractor need not remember to revoke it."""
    made = await admin.send("/account/keys", {"name": "ci", "life": "30 days"}, of="/account")
    assert "sota_" in made.text
    [key] = [k for k in await api_keys_of(admin) if k.name == "ci"]
    assert key.expires_at is not None
    assert key.expires_at[:10] in (await admin.get("/account")).text
    await admin.send("/account/keys", {"name": "mine", "life": ""}, of="/account")
    [key] = [k for k in await api_keys_of(admin) if k.name == "mine"]
    assert key.expires_at is None


async def api_keys_of(browser: Browser) -> list[ApiKey]:
    """The admin's keys."""
    return await browser.site.box.store.api_keys.of_user(browser.site.admin.id)


async def test_certificates_are_shown_with_trouble_first(tmp_path: Path) -> None:
    """Which name is in trouble, and what the authority said, without a look at the server."""
    async with open_site(tmp_path, domain="box.example") as site:
        await site.project("shop")
        log = RouterFiles(tmp_path).log
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(
            '{"level":"error","logger":"tls.obtain","msg":"will retry","identifier":"x",'
            '"error":"[shop.box.example] rate limited","name":"shop.box.example"}\n'
        )
        keep_certificate(RouterFiles(tmp_path).storage, "box.example")
        await site.box.store.users.set_password(site.admin.id, _HASH)
        async with open_browser(site) as admin:
            await admin.log_in()
            page = (await admin.get("/box/certificates")).text
        states = re.findall(r"</span>(\w+)</span>\s*<span class=\"name\">([\w.]+)", page)
        assert states[0] == ("refused", "shop.box.example")
        assert ("good", "box.example") in states
        assert "rate limited" in page
        assert "Authority of tests" in page
        assert "89 days left" in page


def test_certificate_that_should_have_been_renewed_is_told_in_time() -> None:
    """A person hears of it while visitors do not yet."""
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    made = Certificate("a", "b", moment + timedelta(days=90), moment)
    states = [
        state_of(made, moment + timedelta(days=days), refused=False) for days in (1, 65, 80, 90)
    ]
    assert [str(state) for state in states] == ["good", "good", "overdue", "expired"]
    assert state_of(None, moment, refused=True) == "refused"
    assert state_of(None, moment, refused=False) == "waiting"


def keep_certificate(storage: Path, name: str) -> None:
    """Puts a certificate where Caddy would."""
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Authority of tests")])
    begins = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(issuer)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=90))
        .sign(key, hashes.SHA256())
    )
    folder = storage / "certificates" / "authority" / name
    folder.mkdir(parents=True)
    (folder / f"{name}.crt").write_bytes(made.public_bytes(serialization.Encoding.PEM))
