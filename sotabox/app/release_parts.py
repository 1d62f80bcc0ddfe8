"""What makes releases: by a build, from Git, from a registry, or again."""

import asyncio

from sotabox.app.foundation import Foundation
from sotabox.pipeline.base_images import BaseImages
from sotabox.pipeline.build import Builder
from sotabox.pipeline.credentials import Keyring
from sotabox.pipeline.fetch import Fetcher, Judge
from sotabox.pipeline.image_pulls import ImagePulls
from sotabox.pipeline.pull import Puller
from sotabox.pipeline.rebuilds import Rebuilds
from sotabox.pipeline.static_server import StaticServer


class ReleaseParts:
    """All ways to a release. They share the slots that bound how much is built at once."""

    def __init__(self, base: Foundation, judge: Judge) -> None:
        settings, store, images = base.settings, base.store, base.images
        self.slots = asyncio.Semaphore(settings.builds_at_once)
        keyring = Keyring(settings, store)
        self.pulls = ImagePulls(images, store.pulls, store.private_images, keyring)
        base_images = BaseImages(images, self.pulls, store.private_images)
        self.fetcher = Fetcher(settings, store, judge)
        self.puller = Puller(settings, store, images, keyring, self.pulls, judge)
        self.static_server = StaticServer(
            images,
            base.instance_id,
            base.caddy_binary,
            base.caddy_version,
            timeout_s=settings.build_timeout_s,
        )
        self.builder = Builder(
            settings,
            store.folders,
            store.sealer,
            base.engine,
            images,
            keyring,
            base_images,
            self.static_server,
        )
        self.rebuilds = Rebuilds(
            settings=settings,
            store=store,
            images=images,
            builder=self.builder,
            puller=self.puller,
            build_slots=self.slots,
        )
