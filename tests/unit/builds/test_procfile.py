"""The Procfile."""

from sotabox.builds.procfile import parse_procfile


def test_procfile_is_split_at_the_first_colon() -> None:
    """A command may hold colons; comments and other lines say nothing."""
    text = "web: gunicorn app:app\n# note: not one\n\nworker:python w.py\n release : a\r\nweb page: x\nempty:\n"
    assert parse_procfile(text) == {
        "web": "gunicorn app:app",
        "worker": "python w.py",
        "release": "a",
    }
