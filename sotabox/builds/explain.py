"""A build plan told to a person: the lines that a build's log begins with."""

from sotabox.builds.plan import BuildMethod, BuildPlan


def explain_plan(plan: BuildPlan) -> tuple[str, ...]:
    """What was decided and why, a line each; warnings and notes last.

    >>> explain_plan(BuildPlan(build_method=BuildMethod.DOCKERFILE, port=3000))[0]
    'Builds with the Dockerfile of the archive, listens on port 3000'
    """
    lines = [_headline(plan)]
    lines += [f"  {reason.what}: {reason.why}" for reason in plan.reasons]
    if plan.start:
        lines.append(f"  starts with: {plan.start}")
    if plan.release:
        lines.append(f"  before the swap: {plan.release}")
    lines += [f"Warning: {warning}" for warning in plan.warnings]
    lines += [f"Note: {note}" for note in plan.notes]
    return tuple(lines)


def _headline(plan: BuildPlan) -> str:
    what = {
        BuildMethod.DOCKERFILE: "Builds with the Dockerfile of the archive",
        BuildMethod.RAILPACK: "Builds with Railpack",
        BuildMethod.AUTO: f"Detected {_kind(plan)}",
    }[plan.build_method]
    if plan.static:
        root = plan.static.root or "the root"
        pages = ", unknown pages get index.html" if plan.static.fallback else ""
        return f"{what}: static files from {root}{pages}"
    return f"{what}, listens on port {plan.port}"


def _kind(plan: BuildPlan) -> str:
    kind = plan.framework or plan.language or "an app"
    versions = " ".join(f"{version.tool} {version.version}" for version in plan.versions)
    return f"{kind} ({versions})" if versions else kind
