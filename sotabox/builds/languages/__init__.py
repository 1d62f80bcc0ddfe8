"""Languages: one module each. Adding one is adding a module and its line in `detect.LANGUAGES`.

A module has three names and no state, does no input or output but through the tree, and imports
nothing of `detect`:

    NAME = "go"                          # the plan's `language`
    STRONG = ("go.mod", "go.work")       # glob patterns (`Tree.glob`): a manifest
    WEAK = ("main.go",)                  # a source file or a folder's name

    def plan(tree: Tree, overrides: Overrides) -> LanguagePlan | Declined: ...

`detect` asks every language's STRONG patterns in order, then every WEAK one; the first whose `plan`
returns a `LanguagePlan` wins. `Declined(why)` means "triggered, but on a closer look not mine" (a
`pyproject.toml` with nothing but `[tool.*]`); the next is asked, and the why is shown if none fits.
Raise `Invalid` or `UnknownApp` (both of `sotabox.errors`, with a hint) when the app is this
language's but can't be planned: two workspace apps, an unsupported manifest.

A language whose ecosystem has workspaces may have one name more:

    def plan_member(archive: Tree, directory: str, overrides: Overrides) -> LanguagePlan | Declined

It is asked first when a person set a root directory, and plans it if a workspace above holds its
lock; the plan's `context_root` is then that workspace's directory ("." for the archive's own).

What a plan says (`sotabox.builds.plan`, whose docstrings are the reference):

- `toolchain`: image (`bases.image_of` with `overrides.images`), Debian packages, `files` that are
  copied before `install` (concrete paths from the tree, in any directories), `install` and `build`
  steps with their caches, environment of both stages. Nothing to install or build: None.
- `run_image`, `run_setup`, `run_packages`, `run_env`, `carries` in order: what the final image holds.
  A `run_setup` that is also the toolchain's `setup` is run once for both (PHP's extensions). Carry
  dependencies from `DEPENDENCIES`, not from `BUILD`, so that a change of source leaves their layer
  alone; keep them outside `/app` where the ecosystem allows it (`/opt/venv`), so that `/app` can be
  carried without them. Everything carried belongs to the app's user.
- `start`: a shell command run in `work_dir` by a non-root user, listening on `0.0.0.0:$PORT`; or
  `static`. Neither found: leave both out and say in `no_start` what was looked for.
- `reasons`: a `Reason(what, why)` for each thing a person might ask "why?" about: the trigger, the
  framework, the manager, the start command. `detect` adds the versions' and the overrides'.
- `warnings` (something is likely wrong) and `notes` (good to know); one sentence each, no full stop.

What a module need not do, as `detect` and the renderer do it for every language: user, HOME, PORT and
HOST, labels, secrets, the project's prefix on cache ids, `install`/`build`/`start`/`release`
commands and packages that a person set (they replace or extend the module's), the Procfile, a literal
port in the start command, the check that a build made the static output, joining of steps.
But a module looks at `overrides` where its own decision depends on it: `overrides.version("node")`
first in the list given to `versions.choose`; `overrides.start` makes a site of files a server. (A
build command on a plan without a build is `detect`'s matter: `/app` is then carried from `BUILD`.)

    def plan(tree, overrides):
        version, warnings = choose("go", (
            overrides.version("go"),
            from_tool_files(tree, "go", "golang"),
            from_file(tree, ".go-version"),
            _from_go_mod(tree),
        ))
        return LanguagePlan(
            language=NAME,
            framework="go",
            versions=(version,),
            toolchain=Toolchain(
                name="go",
                image=image_of("go", version.version, overrides.images),
                files=("go.mod", "go.sum"),
                install=(Step("go mod download", caches=(Cache("go-mod", "/go/pkg/mod"),)),),
                build=(Step("go build -o /out/app .", caches=(...)),),
            ),
            run_image=image_of("debian", "", overrides.images),
            carries=(Carry(BUILD, "/out/app", "/usr/local/bin/app"), Carry(SOURCE, ".", "/app")),
            start="app",
            reasons=(Reason("Go", "go.mod"),),
            warnings=warnings,
        )

Tests: `tests/unit/builds/languages/test_x.py` on `MemoryTree`s through `detect`, a golden Dockerfile
for each shape (`golden("go-module", render_dockerfile(...))`, see `tests/unit/builds/conftest.py`),
and an app in `tests/apps/`.
"""
