"""A command line is let in by a person, and by nobody's link."""

from sotabox.operations import device_login
from tests.unit.dashboard.conftest import Browser


async def test_device_is_let_in_after_a_look_at_its_code(admin: Browser) -> None:
    """The code is shown once more before it counts; then the device gets its key."""
    store = admin.site.box.store
    codes = await device_login.begin(store)
    looked = await admin.send("/device", {"code": codes.user_code.lower(), "step": "look"})
    assert codes.user_code in looked.text
    assert "Let this device in?" in looked.text
    done = await admin.send("/device", {"code": codes.user_code, "step": "approve"})
    assert "The device is in" in done.text
    assert (await device_login.redeem(store, codes.device_code)).startswith("sota_")


async def test_link_with_a_code_lets_nobody_in(admin: Browser) -> None:
    """Opening an address, wherever it came from, only fills the form."""
    store = admin.site.box.store
    codes = await device_login.begin(store)
    page = await admin.get(f"/device?user_code={codes.user_code}")
    assert f'value="{codes.user_code}"' in page.text
    again = await admin.send("/device", {"code": codes.user_code, "step": "look"})
    assert again.status_code == 200, "it still waits"


async def test_device_is_sent_away(admin: Browser) -> None:
    """Refused, its code is worth nothing."""
    codes = await device_login.begin(admin.site.box.store)
    gone = await admin.send("/device", {"code": codes.user_code, "step": "refuse"})
    assert "sent away" in gone.text
    late = await admin.send("/device", {"code": codes.user_code, "step": "approve"})
    assert late.status_code == 404
    assert "No device waits" in late.text
