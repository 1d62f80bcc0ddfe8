"""Ruby apps and the plans that they get."""

from collections.abc import Callable, Mapping

import pytest

from sotabox.builds.detect import detect
from sotabox.builds.dockerfile import RenderOptions, render_dockerfile
from sotabox.builds.plan import BuildPlan
from sotabox.builds.source import MemoryTree
from sotabox.errors import UnknownApp


def plan(files: Mapping[str, str], env: Mapping[str, str] | None = None) -> BuildPlan:
    return detect(MemoryTree(files), env=env)


def dockerfile(built: BuildPlan) -> str:
    return render_dockerfile(built, RenderOptions(project="p1"))


def gemfile(*gems: str, more: str = "") -> str:
    return "".join(f'gem "{gem}"\n' for gem in gems) + more


def lock(*gems: str, platforms: str = "ruby", bundler: str = "") -> str:
    """A lock in which each gem is `name version`."""
    rows = "".join("    {} ({})\n".format(*gem.split()) for gem in gems)
    end = f"\nBUNDLED WITH\n   {bundler}\n" if bundler else ""
    return f"GEM\n  specs:\n{rows}\nPLATFORMS\n  {platforms}\n{end}"


RAILS = {
    "Gemfile": gemfile("rails", "propshaft", "pg"),
    "Gemfile.lock": lock("rails 8.0.1", "propshaft 1.1.0", "pg 1.5.9", bundler="2.6.2"),
    ".ruby-version": "ruby-3.3.5\n",
    "config/application.rb": "",
    "config.ru": "",
    "bin/rails": "",
}
RACK = {"Gemfile": gemfile("rack", "puma"), "config.ru": ""}


def test_rails_is_built_with_assets_and_started(golden: Callable[[str, str], None]) -> None:
    """Rails with PostgreSQL and Propshaft deploys as it is (shape 37)."""
    built = plan(RAILS)
    assert (built.language, built.framework) == ("ruby", "rails")
    assert built.versions[0].version == "3.3.5"
    assert built.start == "bin/rails server -b 0.0.0.0 -p $PORT"
    assert built.toolchain
    assert "libpq-dev" in built.toolchain.packages
    assert built.run_packages == ("libpq5", "libjemalloc2", "tzdata")
    assert "rails assets:precompile" in built.toolchain.build[0].run
    golden("ruby-rails", dockerfile(built))


def test_rails_before_its_dummy_key_gets_a_value_for_the_build() -> None:
    """Assets of an older Rails are compiled without the project's key."""
    old = {**RAILS, "Gemfile.lock": lock("rails 7.0.8", "sprockets-rails 3.4.2")}
    assert "SECRET_KEY_BASE=${SECRET_KEY_BASE:-only-for-the-build}" in dockerfile(plan(old))
    assert "only-for-the-build" not in dockerfile(plan(RAILS))


def test_rails_without_assets_compiles_none() -> None:
    """An API has no asset pipeline."""
    api = {**RAILS, "Gemfile": gemfile("rails"), "Gemfile.lock": lock("rails 8.0.1")}
    assert "assets:precompile" not in dockerfile(plan(api))


def test_rails_migrations_are_explained_until_a_release_line_runs_them() -> None:
    """Nobody's database is changed unasked."""
    assert any("db:migrate" in note for note in plan(RAILS).notes)
    asked = plan({**RAILS, "Procfile": "release: bin/rails db:migrate\n"})
    assert asked.release == "bin/rails db:migrate"
    assert not any("db:migrate" in note for note in asked.notes)


def test_rails_with_scripts_builds_them_in_its_own_stage(
    golden: Callable[[str, str], None],
) -> None:
    """Node comes from a stage beside, and nothing of it stays."""
    built = plan(
        {
            **RAILS,
            "package.json": '{"scripts": {"build": "esbuild app/javascript/a.js"}}',
            "yarn.lock": "# yarn lockfile v1\n",
        }
    )
    assert [helper.name for helper in built.helpers] == ["node"]
    assert built.framework == "rails"
    assert built.toolchain
    steps = built.toolchain.build[0].run
    order = [steps.index(part) for part in ("yarn run build", "assets:precompile", "rm -rf node_m")]
    assert order == sorted(order)
    golden("ruby-rails-node", dockerfile(built))


@pytest.mark.parametrize(
    ("files", "framework", "start"),
    [
        (RACK, "ruby", "bundle exec puma -b tcp://0.0.0.0:$PORT"),
        (
            {**RACK, "config/puma.rb": ""},
            "ruby",
            "bundle exec puma -C config/puma.rb -b tcp://0.0.0.0:$PORT",
        ),
        (
            {"Gemfile": gemfile("sinatra", "rackup", "webrick"), "config.ru": ""},
            "sinatra",
            "bundle exec rackup -o 0.0.0.0 -p $PORT",
        ),
        (
            {"Gemfile": gemfile("sinatra", "puma"), "web.rb": "require 'sinatra'\n"},
            "sinatra",
            "bundle exec ruby web.rb -o 0.0.0.0 -p $PORT",
        ),
        ({"config.ru": ""}, "ruby", "puma -b tcp://0.0.0.0:$PORT"),
    ],
)
def test_rack_app_is_served(files: dict[str, str], framework: str, start: str) -> None:
    """Puma where it is in the bundle, else rackup; on all addresses, on the box's port."""
    built = plan(files)
    assert (built.framework, built.start) == (framework, start)


def test_rack_bundle_without_a_server_is_told() -> None:
    """rackup alone serves nothing since Rack 3."""
    built = plan({"Gemfile": gemfile("rack"), "config.ru": ""})
    assert any("no web server" in note for note in built.notes)


@pytest.mark.parametrize(
    ("files", "version"),
    [
        ({}, "3.4"),
        ({"Gemfile": 'ruby "3.2.2"\ngem "rack"\n'}, "3.2.2"),
        ({"Gemfile": 'ruby "~> 3.2.0"\ngem "rack"\n'}, "3.2"),
        ({"Gemfile": 'ruby ">= 3.1"\ngem "rack"\n'}, "3.4"),
        ({".ruby-version": "3.3.1\n", "Gemfile": 'ruby "3.2.2"\ngem "rack"\n'}, "3.3.1"),
        ({".tool-versions": "ruby 3.2.8\n"}, "3.2.8"),
        ({"Gemfile.lock": f"{lock('rack 3.1.0')}\nRUBY VERSION\n   ruby 3.3.6p108\n"}, "3.3.6"),
    ],
)
def test_ruby_version_is_where_people_put_it(files: dict[str, str], version: str) -> None:
    """Version file, Gemfile, lock, in this order."""
    assert plan({**RACK, **files}).versions[0].version == version


def test_bundle_is_frozen_with_the_bundler_of_its_lock() -> None:
    """The same gems on every build; one try without when they can't be had."""
    text = dockerfile(plan(RAILS))
    assert "gem install --no-document bundler:2.6.2" in text
    assert "BUNDLE_DEPLOYMENT=1" in text
    assert "BUNDLE_DEPLOYMENT=0 BUNDLE_FROZEN=0 bundle install" in text
    assert "BUNDLE_DEPLOYMENT" not in dockerfile(plan(RACK))
    assert any("There is no Gemfile.lock" in note for note in plan(RACK).notes)


def test_bundle_locked_on_a_mac_gets_linux() -> None:
    """A lock without Linux installs, and its person hears how to spare the time."""
    built = plan({**RACK, "Gemfile.lock": lock("rack 3.1.0", platforms="arm64-darwin-23")})
    assert 'bundle lock --add-platform "$(uname -m)-linux"' in dockerfile(built)
    assert any("names no Linux" in note for note in built.notes)


def test_bundle_of_own_gems_copies_them_and_needs_no_compiler() -> None:
    """Gems of the tree are there when they are installed; nothing else is brought."""
    built = plan(
        {
            "Gemfile": 'gem "tiny", path: "vendor/tiny"\n',
            "Gemfile.lock": "PATH\n  remote: vendor/tiny\n  specs:\n    tiny (0.1.0)\n\nGEM\n  specs:\n",
            "vendor/tiny/tiny.gemspec": "",
            "vendor/tiny/lib/tiny.rb": "",
            "Procfile": "web: ruby app.rb",
        }
    )
    assert built.toolchain
    assert built.toolchain.packages == ()
    assert "vendor/tiny/lib/tiny.rb" in built.toolchain.files


@pytest.mark.parametrize("line", ["gemspec", 'eval_gemfile "gems/common.rb"', 'gem "x", path: "."'])
def test_bundle_that_reads_the_tree_sees_all_of_it(line: str) -> None:
    """A Gemfile that is a program finds what it reads."""
    built = plan({**RACK, "Gemfile": f"{gemfile('rack', 'puma')}{line}\n", "lib/a.rb": ""})
    assert built.toolchain
    assert built.toolchain.files == ()


@pytest.mark.parametrize(
    "text",
    [
        'gem "fastlane"\n',
        'group :development, :test do\n  gem "puma"\nend\n',
        'gem "puma", group: :development\n',
        'gem "puma", groups: [:test, :development]\n',
    ],
)
def test_bundle_of_tools_is_no_ruby_app(text: str) -> None:
    """A Gemfile for the developer beside a Node app is a Node app."""
    node = {"package.json": '{"scripts": {"start": "node x.js"}}', "x.js": ""}
    assert plan({"Gemfile": text, **node}).language == "node"
    assert plan({"Gemfile": f'{text}gem "rack"\n', "config.ru": "", **node}).language == "ruby"


def test_ruby_app_without_a_way_to_start_says_what_was_looked_for() -> None:
    """A bundle alone is no app."""
    with pytest.raises(UnknownApp, match=r"config/application\.rb, config\.ru"):
        plan({"Gemfile": gemfile("rack")})


@pytest.mark.parametrize(
    ("files", "start"),
    [
        ({"Gemfile": gemfile("discordrb"), "bot.rb": ""}, "bundle exec ruby bot.rb"),
        ({"main.rb": "puts 1"}, "ruby main.rb"),
    ],
)
def test_ruby_script_is_run_as_it_is(files: dict[str, str], start: str) -> None:
    """A bot or a server of a single file needs no Rack, and without a Gemfile nothing is installed."""
    built = plan(files)
    assert built.start == start
    assert bool(built.toolchain) is ("Gemfile" in files)
