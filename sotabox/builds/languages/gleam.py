"""Gleam on the BEAM: an Erlang shipment, run without Gleam."""

import re
from typing import Final

from sotabox.builds.bases import image_of
from sotabox.builds.languages.ports import find_port, habits
from sotabox.builds.overrides import Overrides
from sotabox.builds.plan import APP_DIR, BUILD, SOURCE, Carry, LanguagePlan, Reason, Step, Toolchain
from sotabox.builds.source import Tree
from sotabox.builds.verdict import Declined
from sotabox.builds.versions import choose, from_tool_files
from sotabox.errors import UnknownApp

NAME: Final = "gleam"
STRONG: Final = ("gleam.toml",)
WEAK: Final = ()

SHIPMENT: Final = f"{APP_DIR}/build/erlang-shipment"
#: `mist.port(3000)` in a pipe, or with the builder before it.
_PORTS: Final = habits(
    "src/**/*.gleam", r"""["]PORT["]""", r"""\.port\(\s*(?:\w+,\s*)?(\d{4,5})\b"""
)


def plan(tree: Tree, overrides: Overrides) -> LanguagePlan | Declined:
    """The shipment's plan.

    Raises:
        UnknownApp: the project is compiled to JavaScript, which has no shipment.
    """
    manifest = tree.read("gleam.toml") or ""
    if re.search(r'^target\s*=\s*["\']javascript', manifest, re.MULTILINE):
        raise UnknownApp(
            "gleam.toml sets the target javascript, which makes no server to start",
            hint='Set target = "erlang", or add a Dockerfile.',
        )
    gleam, warnings = choose("gleam", (overrides.version("gleam"), from_tool_files(tree, "gleam")))
    erlang, more = choose("erlang", (overrides.version("erlang"), from_tool_files(tree, "erlang")))
    listening = find_port(tree, _PORTS, overrides)
    source = (Carry(SOURCE, ".", APP_DIR),) if overrides.flag("GLEAM_INCLUDE_SOURCE") else ()
    return LanguagePlan(
        language=NAME,
        framework=NAME,
        versions=(gleam, erlang),
        toolchain=Toolchain(
            name=NAME,
            image=image_of("gleam", gleam.version, overrides.images),
            files=tuple(p for p in ("gleam.toml", "manifest.toml") if tree.exists(p)),
            install=(Step("gleam deps download"),),
            env_prefixes=("GLEAM_", "HEX_"),
            build=(Step("gleam export erlang-shipment"),),
        ),
        run_image=image_of("erlang", erlang.version, overrides.images),
        run_env={"LANG": "C.UTF-8"},
        carries=(*source, Carry(BUILD, SHIPMENT, "/opt/shipment")),
        start="/opt/shipment/entrypoint.sh run",
        port=listening.port,
        reasons=(
            Reason("Gleam", "gleam.toml"),
            Reason("start: the shipment", "gleam export"),
            *listening.reasons,
        ),
        warnings=(*warnings, *more, *listening.warnings),
        notes=("The server must bind 0.0.0.0: Mist binds localhost unless told (mist.bind)",),
    )
