"""All that a box remembers, behind one object."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from sotabox.crypto.sealing import Sealer, load_key
from sotabox.events import Bus
from sotabox.store.api_keys import ApiKeys
from sotabox.store.audit import Audit
from sotabox.store.crash_loops import CrashLoops
from sotabox.store.database import Database
from sotabox.store.deliveries import Deliveries
from sotabox.store.deployments import Deployments
from sotabox.store.device_logins import DeviceLogins
from sotabox.store.domains import Domains
from sotabox.store.env_snapshots import EnvSnapshots
from sotabox.store.env_vars import EnvVars
from sotabox.store.feed import Feed
from sotabox.store.folders import Folders
from sotabox.store.git_tokens import GitTokens
from sotabox.store.guards import Guards
from sotabox.store.idempotency import Idempotency
from sotabox.store.logs import Logs
from sotabox.store.members import Members
from sotabox.store.migrations import migrate
from sotabox.store.partners import Partners
from sotabox.store.private_images import PrivateImages
from sotabox.store.project_settings import ProjectsSettings
from sotabox.store.projects import Projects
from sotabox.store.pulls import Pulls
from sotabox.store.registries import Registries
from sotabox.store.releases import Releases
from sotabox.store.samples import Samples
from sotabox.store.second_factors import SecondFactors
from sotabox.store.sessions import Sessions
from sotabox.store.setup_links import SetupLinks
from sotabox.store.users import Users
from sotabox.store.webhooks import Webhooks


@dataclass(frozen=True, slots=True)
class Store:
    """The tables and files of a box; `Store.open` makes it."""

    folders: Folders
    database: Database
    sealer: Sealer
    users: Users
    api_keys: ApiKeys
    second_factors: SecondFactors
    sessions: Sessions
    setup_links: SetupLinks
    device_logins: DeviceLogins
    partners: Partners
    projects: Projects
    members: Members
    project_settings: ProjectsSettings
    deployments: Deployments
    releases: Releases
    crash_loops: CrashLoops
    git_tokens: GitTokens
    guards: Guards
    audit: Audit
    registries: Registries
    private_images: PrivateImages
    pulls: Pulls
    env_vars: EnvVars
    env_snapshots: EnvSnapshots
    domains: Domains
    webhooks: Webhooks
    deliveries: Deliveries
    samples: Samples
    feed: Feed
    idempotency: Idempotency
    logs: Logs

    @classmethod
    async def open(cls, data_dir: Path, bus: Bus) -> "Store":
        """Opens the store of a data directory, making or migrating what is needed."""
        folders = Folders.create(data_dir)
        await asyncio.to_thread(migrate, folders.database)
        sealer = Sealer(load_key(folders.key))
        database = await Database.open(folders.database)
        return cls(
            folders=folders,
            database=database,
            sealer=sealer,
            users=Users(database),
            api_keys=ApiKeys(database),
            second_factors=SecondFactors(database, sealer),
            sessions=Sessions(database),
            setup_links=SetupLinks(database),
            device_logins=DeviceLogins(database),
            partners=Partners(database),
            projects=Projects(database, bus),
            members=Members(database),
            project_settings=ProjectsSettings(database, bus),
            deployments=Deployments(database, bus),
            releases=Releases(database),
            crash_loops=CrashLoops(database, bus),
            git_tokens=GitTokens(database, sealer),
            guards=Guards(database),
            audit=Audit(database, sealer),
            registries=Registries(database, sealer),
            private_images=PrivateImages(database),
            pulls=Pulls(database),
            env_vars=EnvVars(database, sealer, bus),
            env_snapshots=EnvSnapshots(database, sealer),
            domains=Domains(database, bus),
            webhooks=Webhooks(database, sealer),
            deliveries=Deliveries(database),
            samples=Samples(database, bus),
            feed=Feed(database),
            idempotency=Idempotency(database),
            logs=Logs(folders.logs),
        )

    async def close(self) -> None:
        """Closes the database; files are closed after each use anyway."""
        await self.database.close()
