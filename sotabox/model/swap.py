"""What a swap cost the visitors of an app."""

import msgspec


class SwapReport(msgspec.Struct, frozen=True, kw_only=True):
    """A swap and the drain after it, as visitors met them.

    `requests` are those that ended between `started_at`, just before the swap, and `ended_at`. `lost`
    of them got no answer from any version: the router had to answer with an error of its own (502,
    503, 504). What an app answers, whatever its status, is not lost, nor is what a client gave up.
    Both are None where the router's counters began anew meanwhile. `cut` are those that the old
    version still had open when its drain time was over, such as event streams and WebSockets.

    `drain_ms` is None until the old version has drained, and where there was none.
    """

    started_at: str
    ended_at: str
    switch_ms: int
    drain_ms: int | None = None
    requests: int | None = None
    lost: int | None = None
    cut: int = 0
