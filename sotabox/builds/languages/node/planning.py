"""The plan of a Node or Bun app, put together from what the other modules decide."""

from sotabox.builds.languages.node.app import App
from sotabox.builds.languages.node.facts import Facts, find_out
from sotabox.builds.languages.node.image import carries_of, run_env_of
from sotabox.builds.languages.node.kinds import Site
from sotabox.builds.languages.node.port import find_listening
from sotabox.builds.languages.node.scripts import follow_script
from sotabox.builds.languages.node.toolchain import toolchain_of
from sotabox.builds.languages.ports import Listening
from sotabox.builds.plan import (
    LanguagePlan,
    Reason,
    Static,
)


def plan_app(app: App, reasons: tuple[Reason, ...]) -> LanguagePlan:
    """The plan of a Node or Bun app. `reasons`: why it is this one."""
    facts = find_out(app)
    site, start = facts.site, facts.start
    framework = site or facts.server
    runtime = "bun" if facts.on_bun else "node"
    listening = _listening(facts)
    return LanguagePlan(
        language=runtime,
        framework=framework.slug if framework else runtime,
        versions=facts.versions,
        toolchain=toolchain_of(facts),
        run_image=None if site else facts.image,
        run_packages=() if site else facts.packages.run,
        run_env={} if site else run_env_of(facts),
        carries=() if site else carries_of(facts),
        start=start.command if start else None,
        static=Static(root=app.path(site.output), fallback=_fallback(app, site), built=True)
        if site
        else None,
        no_start="Looked for: a script 'start', 'main' in package.json, index.js, server.js, app.js "
        "and src/index.js.",
        port=listening.port,
        health_path="/" if site else None,
        work_dir=app.image_path(facts.work_dir),
        reasons=(*reasons, *_reasons(facts), *listening.reasons),
        warnings=(*facts.warnings, *listening.warnings),
        notes=_notes(facts),
    )


def _listening(facts: Facts) -> Listening:
    """Where a server of the app's own listens; frameworks that start by themselves are told."""
    framework = facts.server is not None and facts.server.start is not None
    told = facts.app.overrides.start or facts.app.overrides.port
    return Listening() if facts.site or framework or told else find_listening(facts.app)


def _fallback(app: App, site: Site) -> bool:
    wish = app.overrides.static_fallback
    return site.fallback if wish is None else wish


def _reasons(facts: Facts) -> tuple[Reason, ...]:
    app = facts.app
    reasons = [
        Reason("Node" if not facts.on_bun else "Bun", f"{app.path('package.json')} in the archive")
    ]
    if found := facts.site or facts.server:
        reasons.append(Reason(f"framework {found.slug}", found.why))
    reasons.append(Reason(f"package manager {app.manager.program}", app.manager.why))
    if facts.site:
        reasons.append(Reason(f"a site of files, in {app.path(facts.site.output)}", facts.site.why))
    elif facts.start and not app.overrides.start:
        reasons.append(Reason(f"start: {facts.start.command}", facts.start.why))
    if facts.build and not app.overrides.build:
        reasons.append(Reason(f"build: {facts.build}", _build_why(facts)))
    if not facts.layer.files:
        reasons.append(Reason("the source comes before the install", facts.layer.why))
    return tuple(reasons)


def _build_why(facts: Facts) -> str:
    if "build" in facts.app.manifest.scripts:
        return "the script build"
    script = follow_script(facts.app.manifest, "start")
    if script and any(part in facts.build for part in script.builds):
        return "the script start begins with it"
    return "the framework's own command"


def _notes(facts: Facts) -> tuple[str, ...]:
    notes = [*facts.app.manager.notes, *(facts.start.notes if facts.start else ())]
    if facts.added:
        notes.append(
            f"{facts.added} was added to serve the app; list a server of your own to change that"
        )
    if facts.server and facts.server.slug == "nextjs" and not facts.alone and facts.start:
        notes.append(
            "With output: 'standalone' in Next.js's configuration the image is far smaller"
        )
    if facts.prune and facts.app.manifest.development:
        notes.append(
            "Development dependencies are not in the image; if one is missing at run time, move it "
            "to dependencies or set RAILPACK_PRUNE_DEPS=0"
        )
    return tuple(notes)
