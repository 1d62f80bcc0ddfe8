"""Elixir and Phoenix: a Mix release, run without Elixir."""

import re
from typing import Final

from sotabox.builds.bases import image_of
from sotabox.builds.languages.ports import Listening, find_port, habits
from sotabox.builds.overrides import Overrides
from sotabox.builds.plan import (
    APP_DIR,
    BUILD,
    Carry,
    LanguagePlan,
    Reason,
    Step,
    Toolchain,
    Version,
)
from sotabox.builds.source import Tree
from sotabox.builds.verdict import Declined
from sotabox.builds.versions import Wanted, choose, from_file, from_tool_files

NAME: Final = "elixir"
STRONG: Final = ("mix.exs",)
WEAK: Final = ()

#: The newest OTP that each Elixir line supports, up to that line.
_OTP: Final = (((1, 14), "25"), ((1, 16), "26"), ((1, 18), "27"))
_NEWEST_OTP: Final = "28"
#: What a release's own runtime links with.
_RUN_PACKAGES: Final = ("ca-certificates", "libncurses6", "libstdc++6", "openssl")
_PORTS: Final = habits(
    "{lib,apps,config}/**/*.{ex,exs}", r"""["']PORT["']""", r"""\bport:\s*(\d{4,5})\b"""
)
_FIRST: Final = ("mix.exs", "mix.lock", "apps/*/mix.exs", "config/{config,prod}.exs")


def plan(tree: Tree, overrides: Overrides) -> LanguagePlan | Declined:
    """The release's plan: its name, its assets, what Phoenix wants to be told."""
    mix = re.sub(r"^[ \t]*#.*$", "", tree.read("mix.exs") or "", flags=re.MULTILINE)
    elixir, warnings = choose("elixir", map(_without_otp, _wanted(tree, mix, overrides)))
    otp = _otp(tree, overrides, elixir)
    umbrella = re.search(r"\bapps_path:", mix) is not None
    apps = (
        "".join(tree.read(path) or "" for path in tree.glob("apps/*/mix.exs")) if umbrella else ""
    )
    phoenix = re.search(r"\{:phoenix,", mix + apps) is not None
    release, why = _release(mix)
    listening = Listening() if phoenix else find_port(tree, _PORTS, overrides)
    return LanguagePlan(
        language=NAME,
        framework="phoenix" if phoenix else NAME,
        versions=(elixir, otp),
        toolchain=_toolchain(tree, overrides, mix, f"{elixir.version}-otp-{otp.version}", release),
        run_image=image_of("debian", "", overrides.images),
        run_packages=_RUN_PACKAGES,
        run_env={
            "MIX_ENV": "prod",
            "LANG": "C.UTF-8",
            "ELIXIR_ERL_OPTIONS": "+fnu",
            **({"PHX_SERVER": "true"} if phoenix else {}),
        },
        carries=(Carry(BUILD, f"{APP_DIR}/_build/prod/rel/{release}", APP_DIR),) if release else (),
        start=f"bin/{release} start" if release else None,
        port=listening.port,
        no_start="An umbrella names what is released in its mix.exs, such as "
        "releases: [web: [applications: [my_app_web: :permanent]]]."
        if umbrella
        else "mix.exs names neither an app nor a release.",
        reasons=(
            Reason("Phoenix" if phoenix else "Elixir", "mix.exs"),
            Reason(f"release {release}", why),
            *listening.reasons,
        ),
        warnings=(*warnings, *listening.warnings),
        notes=_notes(tree, mix, release, phoenix=phoenix),
    )


def _toolchain(tree: Tree, overrides: Overrides, mix: str, tag: str, release: str) -> Toolchain:
    node = tree.glob("{,apps/*/}assets/package.json")
    install = ["mix deps.get --only prod", "mix deps.compile"]
    if '"assets.setup"' in mix or "assets.setup:" in mix:
        install.append("mix assets.setup")
    build = ["mix compile"]
    if '"assets.deploy"' in mix or "assets.deploy:" in mix:
        build += [_npm(tree, path) for path in node] + ["mix assets.deploy"]
    build.append(f"mix release --overwrite {release}".strip())
    # A release's own overlays and templates (`rel/`) come with the source.
    return Toolchain(
        name=NAME,
        image=image_of("elixir", tag, overrides.images),
        packages=(
            "build-essential",
            "git",
            "ca-certificates",
            *(("nodejs", "npm") if node else ()),
        ),
        env={"MIX_ENV": "prod", "LANG": "C.UTF-8", "ELIXIR_ERL_OPTIONS": "+fnu"},
        setup=(Step("mix local.hex --force && mix local.rebar --force"),),
        files=tuple(path for pattern in _FIRST for path in tree.glob(pattern)),
        install=(Step(" && ".join(install)),),
        env_prefixes=("MIX_", "ERL_", "ELIXIR_", "OTP_", "HEX_"),
        build=(Step(" && ".join(build)),),
    )


def _npm(tree: Tree, manifest: str) -> str:
    directory = manifest.removesuffix("/package.json")
    verb = "ci" if tree.exists(f"{directory}/package-lock.json") else "install"
    return f"npm {verb} --no-audit --no-fund --prefix {directory}"


def _release(mix: str) -> tuple[str, str]:
    """The release's name and what told it; empty where nothing does."""
    if named := re.search(r"releases:\s*\[\s*\"?(\w+)\"?:", mix) or re.search(
        r"defp?\s+releases\b[^\[]*\[\s*\"?(\w+)\"?:", mix
    ):
        return named[1], "releases in mix.exs"
    if default := re.search(r"default_release:\s*:(\w+)", mix):
        return default[1], "default_release in mix.exs"
    if app := re.search(r"\bapp:\s*:(\w+)", mix):
        return app[1], "the app's name in mix.exs"
    return "", "nothing names it"


def _otp(tree: Tree, overrides: Overrides, elixir: Version) -> Version:
    """The OTP's major version: a person's, else the newest that this Elixir supports."""
    wanted = (
        overrides.version("erlang"),
        from_tool_files(tree, "erlang"),
        from_file(tree, ".erlang-version"),
        _found(r"-otp-(\d+)", (from_tool_files(tree, "elixir") or Wanted("", "")).text),
    )
    for want in wanted:
        if want and (major := re.match(r"\D*(\d+)", want.text)):
            return Version("erlang", major[1], f"{want.origin} ({want.text})")
    line = tuple(int(n) for n in elixir.version.split(".")[:2])
    newest = next((otp for last, otp in _OTP if line <= last), _NEWEST_OTP)
    return Version("erlang", newest, f"the newest OTP for Elixir {elixir.version}")


def _wanted(tree: Tree, mix: str, overrides: Overrides) -> tuple[Wanted | None, ...]:
    return (
        overrides.version("elixir"),
        from_tool_files(tree, "elixir"),
        from_file(tree, ".elixir-version"),
        _found(r'elixir:\s*"([^"]+)"', mix),
    )


def _without_otp(want: Wanted | None) -> Wanted | None:
    """`1.18.2-otp-27`, as version managers write it, names the OTP too; that is asked elsewhere."""
    return Wanted(want.text.split("-otp")[0], want.origin) if want else None


def _found(pattern: str, text: str) -> Wanted | None:
    found = re.search(pattern, text)
    return Wanted(found[1], "mix.exs") if found else None


def _notes(tree: Tree, mix: str, release: str, *, phoenix: bool) -> tuple[str, ...]:
    notes = []
    if phoenix:
        notes.append(
            "config/runtime.exs usually wants SECRET_KEY_BASE and PHX_HOST: set them as variables"
        )
    migrator = next(
        (p for p in tree.glob("lib/*/release.ex") if "migrate" in (tree.read(p) or "")), ""
    )
    if ":ecto_sql" in mix or ":phoenix_ecto" in mix:
        module = re.search(r"defmodule\s+([\w.]+)", tree.read(migrator) or "") if migrator else None
        line = f"bin/{release} eval '{module[1]}.migrate()'" if module else "your migrations"
        notes.append(
            f"Migrations are not run by themselves; release: {line} runs them before a swap"
        )
    return tuple(notes)
