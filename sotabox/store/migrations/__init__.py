"""The schema, step by step: a module a step, named by its number, taken in the order of the names.

Steps only go forward, and a committed one is never edited: some box has taken it. What it missed is
another step, in a module of its own with a line here; `make docs` then notes its digest.
"""

from sotabox.store.migrations import (
    m001_the_first_schema,
    m002_logins,
    m003_people,
    m004_webhooks,
    m005_variable_targets,
    m006_domains,
    m007_project_settings,
    m008_variables_of_deployments,
    m009_feed,
    m009_swap_reports,
    m010_second_factors,
    m011_origins,
    m012_audit,
    m013_samples,
    m014_guards,
    m015_sessions_of_programs,
    m016_latency_and_network,
    m017_crash_loops,
    m018_private_images,
    m019_replicas,
    m020_pulls,
)
from sotabox.store.migrations.runner import migrate
from sotabox.store.migrations.series import SCHEMA

__all__ = ["SCHEMA", "migrate"]
