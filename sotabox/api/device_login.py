"""`/v1/auth/device-code` and `/v1/auth/device-token`: need no key, and have no `data` around them."""

from typing import Any

import msgspec
from litestar import Request, Response, post
from litestar.di import NamedDependency

from sotabox.api.body import read_json
from sotabox.api.contract import bare_of, contract
from sotabox.api.envelope import bare
from sotabox.errors import ApprovalPending, Gone, NotFound
from sotabox.operations import device_login
from sotabox.web.box import Box


class DeviceCodeIn(msgspec.Struct, forbid_unknown_fields=True):
    """Nothing: a device has nothing to say yet."""


class DeviceCodeOut(msgspec.Struct, kw_only=True):
    """What a device shows to its person, and what it asks with; times in seconds."""

    device_code: str
    user_code: str
    verification_url: str
    expires_in: int
    interval: int


class DeviceTokenIn(msgspec.Struct, forbid_unknown_fields=True):
    device_code: str


class DeviceTokenOut(msgspec.Struct, kw_only=True):
    """The key of whoever let the device in: the only time that it is shown."""

    api_key: str


@post(
    "/auth/device-code", status_code=200, opt=contract(bare_of(DeviceCodeOut), takes=DeviceCodeIn)
)
async def begin_device_login(
    request: Request[Any, Any, Any], box: NamedDependency[Box]
) -> Response[bytes]:
    """Codes for a new login."""
    await read_json(request, DeviceCodeIn)
    codes = await device_login.begin(box.store)
    return bare(
        DeviceCodeOut(
            device_code=codes.device_code,
            user_code=codes.user_code,
            verification_url=box.page("/device"),
            expires_in=codes.expires_in_s,
            interval=codes.interval_s,
        )
    )


@post(
    "/auth/device-token",
    status_code=200,
    opt=contract(
        bare_of(DeviceTokenOut), takes=DeviceTokenIn, errors=(NotFound, Gone, ApprovalPending)
    ),
)
async def redeem_device_login(
    request: Request[Any, Any, Any], box: NamedDependency[Box]
) -> Response[bytes]:
    """A key, once somebody has confirmed the login; 428 until then."""
    body = await read_json(request, DeviceTokenIn)
    return bare(DeviceTokenOut(api_key=await device_login.redeem(box.store, body.device_code)))


ROUTES = [begin_device_login, redeem_device_login]
