"""A plan told to a person."""

from sotabox.builds.explain import explain_plan
from sotabox.builds.plan import BuildMethod, BuildPlan, Reason, Static, Version


def test_explain_says_what_why_and_how_to_change() -> None:
    """The first lines of a log are enough to see a wrong detection."""
    plan = BuildPlan(
        build_method=BuildMethod.AUTO,
        language="node",
        framework="express",
        versions=(Version("node", "20", ".nvmrc (20)"),),
        reasons=(Reason("express", "a dependency in package.json"),),
        start="node server.js",
        release="npm run migrate",
        warnings=("two lock files",),
        notes=("no lock",),
    )
    assert explain_plan(plan) == (
        "Detected express (node 20), listens on port 8080",
        "  express: a dependency in package.json",
        "  starts with: node server.js",
        "  before the swap: npm run migrate",
        "Warning: two lock files",
        "Note: no lock",
    )


def test_explain_static_names_the_folder() -> None:
    """A site's folder is what people ask for."""
    plan = BuildPlan(
        build_method=BuildMethod.AUTO,
        language="static",
        framework="static",
        static=Static(root="dist", fallback=True),
    )
    assert explain_plan(plan) == (
        "Detected static: static files from dist, unknown pages get index.html",
    )
