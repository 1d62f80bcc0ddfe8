from pathlib import Path

import pytest

from sotabox.errors import Invalid
from sotabox.router.files import RouterFiles


@pytest.mark.parametrize(
    ("folder", "word"),
    [("data", "absolute"), ("/srv/{env.X}", "characters"), ("/srv/a|0666", "characters"),
     ("/srv/" + "deep/" * 20, "deep")],
)  # fmt: skip
def test_data_dir_that_caddy_could_not_name_is_refused(folder: str, word: str) -> None:
    """A folder's name can't turn into a placeholder, a socket's mode or a path that is cut off."""
    with pytest.raises(Invalid, match=word):
        RouterFiles(Path(folder))


def test_sockets_are_in_the_private_folder() -> None:
    """What lets a program control Caddy lies where only its owner may enter."""
    files = RouterFiles(Path("/srv/box"))
    sockets = [files.admin_socket, files.waiting_socket, files.paused_socket, files.lock]
    assert {path.parent for path in sockets} == {files.run}
