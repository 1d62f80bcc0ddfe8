"""`sotabox doctor`: looks at the box from all sides; under each ✕ stands what mends it."""

import argparse
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

from sotabox.cli.columns import fold
from sotabox.cli.connect import add_output, print_json, screen_for
from sotabox.cli.failures import DONE, FAILED
from sotabox.cli.options import add_settings, settings_from
from sotabox.cli.terminal import Screen
from sotabox.errors import NotFound, SotaboxError
from sotabox.settings import Settings

if TYPE_CHECKING:
    from sotabox.cli.checks.finding import Finding
    from sotabox.cli.checks.patient import Patient
    from sotabox.model.deployment import Deployment
    from sotabox.router.terms import Route
    from sotabox.store.store import Store

NAME = "doctor"
HELP = "Check this server's box, and say what mends what isn't well."

_WIDTH: Final = 15
_CHECK_WITHIN_S: Final = 60

Check: TypeAlias = "Callable[[], Awaitable[list[Finding]]]"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--fix", action="store_true", help="mend what can safely be mended")
    add_output(parser)
    add_settings(parser)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    import asyncio

    settings = settings_from(arguments, environ)
    if not (settings.data_dir / "instance-id").is_file():
        raise NotFound(
            f"There is no box in {settings.data_dir}",
            hint="Start it once with sotabox serve, or name another with --data-dir.",
        )
    screen = screen_for(arguments, environ)
    return asyncio.run(_run(settings, environ, screen, fix=arguments.fix, as_json=arguments.json))


async def _run(
    settings: Settings, environ: Mapping[str, str], screen: Screen, *, fix: bool, as_json: bool
) -> int:
    from sotabox.cli.checks.patient import admitted

    all_well = True
    async with admitted(settings, environ) as patient, AsyncExitStack() as stack:
        async for check in _checks(patient, stack):
            for finding, mended in await _examine(check, fix=fix):
                all_well &= finding.ok
                if as_json:
                    print_json(_as_json(finding, mended=mended))
                else:
                    for line in render_finding(finding, screen, mended=mended):
                        screen.line(line)
    return DONE if all_well else FAILED


def render_finding(finding: "Finding", screen: Screen, *, mended: bool = False) -> list[str]:
    """A finding as lines: how it is, and below it, where it isn't well, what to do."""
    sign, tone = ("→", "ok") if mended else ("ok", "ok") if finding.ok else ("✕", "bad")
    said = f"  {sign:<4} {finding.subject:<{_WIDTH}} {finding.says}"
    lines = fold(said, screen.width, _WIDTH + 8) if screen.live else [said]
    lines[0] = lines[0].replace(f"{sign:<4}", screen.paint(tone, f"{sign:<4}"), 1)
    if not finding.ok and finding.mend:
        lines.append(f"       {'':<{_WIDTH}} {finding.mend}")
    return lines


def _as_json(finding: "Finding", *, mended: bool) -> dict[str, object]:
    return {
        "subject": finding.subject,
        "ok": finding.ok,
        "says": finding.says,
        "mend": finding.mend,
        "mended": mended,
    }


async def _checks(patient: "Patient", stack: AsyncExitStack) -> AsyncIterator[Check]:
    """The checks in order; those that need the store come once it is known to be whole."""
    from sotabox.cli.checks import data, engine, router, upkeep, world
    from sotabox.store.integrity import examine

    yield partial(data.check_permissions, patient)
    yield partial(data.check_database, patient)
    yield partial(data.check_disk, patient)
    yield partial(data.check_backups, patient)
    yield partial(upkeep.check_backup_record, patient)
    yield partial(upkeep.check_upgrade, patient)
    yield partial(world.check_clock, patient)
    yield partial(router.check_control_plane, patient)
    yield partial(router.check_ports, patient)
    yield partial(router.check_certificates, patient)
    yield partial(world.check_names, patient)
    yield partial(engine.check_engine, patient)
    yield partial(engine.check_firewall, patient)
    integrity = examine(patient.folders.database)
    if integrity.damage or integrity.newer or integrity.pending:
        return  # opening it would change it
    store = await _open(patient, stack)
    yield partial(router.check_router, patient, partial(_routes, patient, store))
    yield partial(engine.check_leftovers, patient, partial(_projects, store))
    yield partial(upkeep.check_apps, partial(_serving, store))


async def _examine(check: Check, *, fix: bool) -> "list[tuple[Finding, bool]]":
    """What a check finds, and whether that was just mended."""
    before = await _ask(check)
    if not fix or not any(finding.fix for finding in before):
        return [(finding, False) for finding in before]
    for finding in before:
        if finding.fix:
            await finding.fix()
    return [(finding, finding.ok) for finding in await _ask(check)]


async def _ask(check: Check) -> "list[Finding]":
    """What a check finds; that it can't be made is a finding as well."""
    import asyncio

    from sotabox.cli.checks.finding import bad
    from sotabox.engine.client import EngineError

    subject = getattr(check, "func", check).__name__.removeprefix("check_").replace("_", " ")
    try:
        async with asyncio.timeout(_CHECK_WITHIN_S):
            return await check()
    except TimeoutError:
        return [bad(subject, f"no answer within {_CHECK_WITHIN_S} s", None)]
    except (SotaboxError, EngineError) as error:
        return [bad(subject, str(error), getattr(error, "hint", None))]


async def _open(patient: "Patient", stack: AsyncExitStack) -> "Store":
    from sotabox.cli.host_store import open_store

    return await stack.enter_async_context(open_store(patient.settings))


async def _projects(store: "Store") -> Collection[str]:
    return [project.id for project in await store.projects.all()]


async def _serving(store: "Store") -> "Sequence[tuple[str, Deployment]]":
    projects = {project.id: project.slug for project in await store.projects.all()}
    running = await store.deployments.running_of(list(projects))
    return [(projects[deployment.project_id], deployment) for deployment in running]


async def _routes(patient: "Patient", store: "Store") -> "Sequence[Route]":
    from sotabox.pipeline.routes import Routes
    from sotabox.router.binary import find_caddy
    from sotabox.router.process import Caddy
    from sotabox.router.upstream import Upstreams

    caddy = Caddy(find_caddy(patient.environ), patient.router, patient.environ)
    try:
        return await Routes(
            store,
            caddy,
            Upstreams(patient.router.files.upstreams),
            lambda slug: f"{slug}.{patient.settings.domain}",
            lambda _: None,
        ).read()
    finally:
        await caddy.close()
