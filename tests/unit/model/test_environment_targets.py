"""Which variables a build sees, and which the running app."""

from sotabox.model.environment import EnvVar, Target, build_env, run_env

VARIABLES = [
    EnvVar(
        id=target, project_id="p", key=target.upper(), value="1", target=target,
        created_at="", updated_at="",
    )
    for target in Target
]  # fmt: skip


def test_build_sees_all_but_what_is_for_running() -> None:
    """A database's password that only the app needs is kept from installers."""
    assert build_env(VARIABLES).keys() == {"BOTH", "BUILD"}


def test_app_gets_all_but_what_is_for_building() -> None:
    """A token for a private registry is never in the container."""
    assert run_env(VARIABLES).keys() == {"BOTH", "RUN"}
