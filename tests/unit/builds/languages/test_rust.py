"""Rust apps and the plans that they get."""

from collections.abc import Callable, Mapping

import pytest

from sotabox.builds.detect import detect
from sotabox.builds.dockerfile import RenderOptions, render_dockerfile
from sotabox.builds.overrides import Overrides
from sotabox.builds.plan import BuildPlan
from sotabox.builds.source import MemoryTree
from sotabox.errors import Invalid, UnknownApp


def package(name: str, more: str = "") -> str:
    return f'[package]\nname = "{name}"\nversion = "0.1.0"\n{more}'


def plan(files: Mapping[str, str], env: Mapping[str, str] | None = None, **set_: str) -> BuildPlan:
    return detect(MemoryTree(files), Overrides(**set_), env)  # type: ignore[arg-type]


def dockerfile(built: BuildPlan) -> str:
    return render_dockerfile(built, RenderOptions(project="p1"))


ALONE = {"Cargo.toml": package("beacon"), "src/main.rs": "", "Cargo.lock": ""}
WORKSPACE = {
    "Cargo.toml": '[workspace]\nmembers = ["crates/*"]\n',
    "Cargo.lock": "",
    "crates/core/Cargo.toml": package("core"),
    "crates/core/src/lib.rs": "",
    "crates/httpd/Cargo.toml": package("httpd"),
    "crates/httpd/src/main.rs": "",
}
TWO = {
    **WORKSPACE,
    "crates/core/src/main.rs": "",
}


def test_rust_workspace_starts_its_only_program(golden: Callable[[str, str], None]) -> None:
    """Of a library and a server the server is built, from the lock (shape 36)."""
    built = plan(WORKSPACE)
    assert (built.language, built.framework, built.start) == ("rust", "rust", "/app/httpd")
    text = dockerfile(built)
    assert "cargo build --release --locked -p httpd --bin httpd" in text
    golden("rust-workspace", text)


def test_rust_package_without_a_lock_says_so() -> None:
    """What isn't locked is built unlocked, with a hint."""
    built = plan({k: v for k, v in ALONE.items() if k != "Cargo.lock"})
    assert "--locked" not in dockerfile(built)
    assert any("There is no Cargo.lock" in note for note in built.notes)


def test_rust_upload_with_old_times_is_compiled() -> None:
    """An older version deployed again is not answered with the newer program from the cache."""
    text = dockerfile(plan(ALONE))
    assert text.index("touch {} +") < text.index("cargo build")


@pytest.mark.parametrize(
    ("files", "version"),
    [
        ({}, "1"),
        ({"Cargo.toml": package("beacon", 'rust-version = "1.70"\n')}, "1"),
        ({"rust-toolchain": "1.80.1\n"}, "1.80.1"),
        ({"rust-toolchain.toml": '[toolchain]\nchannel = "1.80"\n'}, "1.80"),
        ({"rust-toolchain.toml": '[toolchain]\nchannel = "stable"\n'}, "1"),
        ({"rust-toolchain.toml": '[toolchain]\nchannel = "nightly-2025-01-01"\n'}, "1"),
        ({".tool-versions": "rust 1.79.0\n"}, "1.79.0"),
    ],
)
def test_rust_version_is_the_toolchain_files(files: dict[str, str], version: str) -> None:
    """A toolchain file pins; rust-version is only a minimum."""
    assert plan({**ALONE, **files}).versions[0].version == version


def test_rust_toolchain_of_the_image_is_taken_where_it_is_meant() -> None:
    """`stable` downloads no second compiler; a nightly does, as the image has none."""
    stable = {**ALONE, "rust-toolchain": "stable"}
    assert 'RUSTUP_TOOLCHAIN="${RUST_VERSION:-}"' in dockerfile(plan(stable))
    assert "RUSTUP_TOOLCHAIN" not in dockerfile(plan({**ALONE, "rust-toolchain": "nightly"}))


@pytest.mark.parametrize(
    ("manifest", "files", "start"),
    [
        (package("kite", 'default-run = "b"\n'), ("src/bin/a.rs", "src/bin/b.rs"), "b"),
        (package("kite"), ("src/main.rs", "src/bin/seed.rs"), "kite"),
        (package("kite"), ("src/bin/seed.rs", "src/bin/server/main.rs"), "server"),
        (package("kite", '[[bin]]\nname = "d"\npath = "src/main.rs"\n'), ("src/main.rs",), "d"),
        (package("kite", 'autobins = false\n[[bin]]\nname = "d"\n'), ("src/bin/x.rs",), "d"),
    ],
)
def test_rust_program_is_chosen(manifest: str, files: tuple[str, ...], start: str) -> None:
    """default-run, the only one, the package's own, a name that says "I serve"."""
    tree = {"Cargo.toml": manifest, **dict.fromkeys(files, "")}
    assert plan(tree).start == f"/app/{start}"


def test_rust_several_programs_are_an_error_with_the_way_out() -> None:
    """Nobody gets a random program."""
    tree = {"Cargo.toml": package("kite"), "src/bin/a.rs": "", "src/bin/b.rs": ""}
    with pytest.raises(UnknownApp, match="several programs: a, b"):
        plan(tree)
    assert plan(tree, {"RAILPACK_RUST_BIN": "b"}).start == "/app/b"
    built = plan({**tree, "Procfile": "web: ./target/release/a"})
    assert "/app/target/release/a" in dockerfile(built)


def test_rust_workspace_with_several_servers_asks() -> None:
    """Two programs are named, and a variable or the root directory chooses."""
    with pytest.raises(UnknownApp, match="several programs: core, httpd"):
        plan(TWO)
    assert plan(TWO, {"RAILPACK_CARGO_WORKSPACE": "core"}).start == "/app/core"
    chosen = plan(TWO, root_directory="crates/httpd")
    assert (chosen.start, chosen.context_root) == ("/app/httpd", "")


def test_rust_default_members_narrow_the_choice() -> None:
    """What a workspace builds by default is what is meant."""
    root = '[workspace]\nmembers = ["crates/*"]\ndefault-members = ["crates/httpd"]\n'
    assert plan({**TWO, "Cargo.toml": root}).start == "/app/httpd"


def test_rust_extension_of_a_node_app_is_a_node_app() -> None:
    """A crate without a program beside a package.json is Node's tooling."""
    built = plan(
        {
            "Cargo.toml": package("fast", '[lib]\ncrate-type = ["cdylib"]\n'),
            "src/lib.rs": "",
            "package.json": '{"scripts": {"start": "node x.js"}}',
        }
    )
    assert built.language == "node"
    assert any(reason.what == "not rust" for reason in built.reasons)


def test_rust_libraries_of_the_lock_are_installed() -> None:
    """OpenSSL's headers for the build, its library for the run; nothing for a vendored one."""
    lock = '[[package]]\nname = "openssl-sys"\nversion = "0.9.0"\n'
    built = plan({**ALONE, "Cargo.lock": lock})
    assert built.toolchain
    assert (built.toolchain.packages, built.run_packages) == (
        ("pkg-config", "libssl-dev"),
        ("libssl3t64",),
    )
    vendored = plan({**ALONE, "Cargo.lock": f'{lock}\n[[package]]\nname = "openssl-src"\n'})
    assert vendored.run_packages == ()


def test_rust_rocket_listens_for_everybody() -> None:
    """Rocket's own default is 127.0.0.1:8000."""
    built = plan({**ALONE, "Cargo.toml": package("beacon", '[dependencies]\nrocket = "0.5"\n')})
    assert built.start == "ROCKET_ADDRESS=0.0.0.0 ROCKET_PORT=$PORT /app/beacon"


def test_rust_queries_prepared_for_sqlx_need_no_database() -> None:
    """With .sqlx/ the build asks no database."""
    assert "SQLX_OFFLINE=true" in dockerfile(plan({**ALONE, ".sqlx/query-1.json": "{}"}))


def test_rust_broken_manifest_is_named() -> None:
    """A typo in Cargo.toml is answered with the place."""
    with pytest.raises(Invalid, match=r"Cargo\.toml is not valid TOML"):
        plan({"Cargo.toml": "[package\n"})


@pytest.mark.parametrize(
    "files",
    [
        {**ALONE, "Trunk.toml": ""},
        {**ALONE, "index.html": "<link data-trunk rel=rust>"},
        {**ALONE, "Dioxus.toml": ""},
        {
            **ALONE,
            "Cargo.toml": package("beacon", '[package.metadata.leptos]\noutput-name = "b"\n'),
        },
    ],
)
def test_rust_app_in_the_browser_is_told_before_a_useless_build(files: dict[str, str]) -> None:
    """Cargo alone would build a program that serves nothing; a person's own commands do more."""
    with pytest.raises(UnknownApp, match="not in Rust's image"):
        plan(files)
    assert plan(files, build="make", start="./serve").start == "./serve"


def test_rust_loco_app_is_told_to_serve() -> None:
    """Its program is a command line; one of its commands is the server."""
    files = {**ALONE, "Cargo.toml": package("beacon", '[dependencies]\nloco-rs = "0.14"\n')}
    start = "/app/beacon start --binding 0.0.0.0 --port $PORT --environment production"
    assert plan(files).start == start
