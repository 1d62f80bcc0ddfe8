"""All commands, in the groups in which a person looks for them."""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from sotabox.cli import (
    apikey,
    audit,
    backup,
    caddy,
    cancel,
    completion,
    demo,
    deploy,
    docs,
    doctor,
    domains,
    env,
    gc,
    help_command,
    init,
    keys,
    live_restore,
    login,
    logout,
    logs,
    members,
    open_app,
    partner,
    pause,
    plan,
    project_settings,
    projects,
    ps,
    purge,
    registries,
    restore,
    rollback,
    run_command,
    self_check,
    serve,
    setup,
    status,
    uninstall,
    unit,
    upgrade,
    url,
    user,
    wait,
    webhooks,
    whoami,
)
from sotabox.cli.again import REDEPLOY, RESTART, RESUME
from sotabox.cli.mcp import command as mcp


class Command(Protocol):
    """What a module, or an object in one, offers to be a command; HELP has at most 64 characters."""

    NAME: str
    HELP: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declares its flags; must not import anything slow."""

    def run(self, arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
        """Does it and returns the exit code."""


@dataclass(frozen=True, slots=True)
class Group:
    """Commands for one concern, and what it is called."""

    title: str
    commands: tuple[Command, ...]


GROUPS: Final = (
    Group("Start here", (login, init, deploy, open_app)),
    Group("Deployments", (status, logs, rollback, REDEPLOY, RESTART, cancel, plan)),
    Group("Apps", (ps, projects, env, domains, project_settings, run_command, pause, RESUME)),
    Group("People and keys", (whoami, logout, members, keys, registries, webhooks, audit)),
    Group("A box, on its server", (doctor, url, user, apikey, partner, demo)),
    Group("Its upkeep", (backup, restore, upgrade, gc, setup, uninstall, purge)),
    Group("What its services run", (serve, caddy, wait, unit, self_check, live_restore)),
    Group("This program", (help_command, docs, completion, mcp)),
)
COMMANDS: Final = tuple(command for group in GROUPS for command in group.commands)
