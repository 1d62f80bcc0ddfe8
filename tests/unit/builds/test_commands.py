"""Start commands."""

import shlex
import subprocess

import pytest

from sotabox.builds.commands import exec_form, replace_loopback, replace_port


@pytest.mark.parametrize(
    ("command", "replaced", "port"),
    [
        ("next start -p 3000", "next start -p $PORT", 3000),
        ("vite preview --port=4173 --host", "vite preview --port=$PORT --host", 4173),
        ("gunicorn -b 0.0.0.0:8000 app:app", "gunicorn -b 0.0.0.0:$PORT app:app", 8000),
        ("gunicorn --bind=:8000 a", "gunicorn --bind=:$PORT a", 8000),
        ("puma -b tcp://0.0.0.0:9292", "puma -b tcp://0.0.0.0:$PORT", 9292),
        ("serve -l 5000", "serve -l 5000", None),
        ("PORT=3000 node server.js", "node server.js", 3000),
        ("env PORT=3000 node server.js", "env node server.js", 3000),
        ("uvicorn a:b --port $PORT", "uvicorn a:b --port $PORT", None),
        ("node --max-old-space-size=512 app.js", "node --max-old-space-size=512 app.js", None),
        ("app -p 3000x", "app -p 3000x", None),
        ("app --loop 3000", "app --loop 3000", None),
        ("mkdir -p 2024 && a", "mkdir -p 2024 && a", None),
    ],
)
def test_literal_port_becomes_the_boxs(command: str, replaced: str, port: int | None) -> None:
    """An app whose start command names a port listens where it is asked."""
    assert replace_port(command) == (replaced, port)


@pytest.mark.parametrize(
    ("command", "replaced"),
    [
        ("next start -H localhost", "next start -H 0.0.0.0"),
        ("uvicorn a:b --host=127.0.0.1 --port 80", "uvicorn a:b --host=0.0.0.0 --port 80"),
        ("gunicorn a --bind 127.0.0.1:$PORT", "gunicorn a --bind 0.0.0.0:$PORT"),
        ("puma -b tcp://localhost:$PORT", "puma -b tcp://0.0.0.0:$PORT"),
        ("app --redis-host localhost", "app --redis-host localhost"),
        ("app --host localhost.example.com", "app --host localhost.example.com"),
        ("pg_isready -h localhost && app", "pg_isready -h localhost && app"),
    ],
)
def test_loopback_address_becomes_every_address(command: str, replaced: str) -> None:
    """An app whose start command binds localhost, as on a laptop, is reached all the same."""
    assert replace_loopback(command)[0] == replaced


@pytest.mark.parametrize(
    ("command", "form"),
    [
        ("node server.js", ["node", "server.js"]),
        ("flask run --name 'my app'", ["flask", "run", "--name", "my app"]),
        ("gunicorn -b 0.0.0.0:$PORT a:a", ["/bin/sh", "-c", "exec gunicorn -b 0.0.0.0:$PORT a:a"]),
        ("NODE_ENV=x node a", ["/bin/sh", "-c", "exec env NODE_ENV=x node a"]),
        ("a && b", ["/bin/sh", "-c", "a && b"]),
        ("a; b", ["/bin/sh", "-c", "a; b"]),
        ("exec a $X", ["/bin/sh", "-c", "exec a $X"]),
        ("cd web && node a", ["/bin/sh", "-c", "cd web && node a"]),
        ("gunicorn 'shop:create_app()'", ["/bin/sh", "-c", "exec gunicorn 'shop:create_app()'"]),
        ("a 'unclosed", ["/bin/sh", "-c", "exec a 'unclosed"]),
        ("ls *.js", ["/bin/sh", "-c", "exec ls *.js"]),
    ],
)
def test_exec_form_runs_without_a_shell_in_between(command: str, form: list[str]) -> None:
    """Signals reach the app, so that it can end its requests in order."""
    assert exec_form(command) == form


@pytest.mark.parametrize(
    "command",
    [
        "echo a  b",
        "X=1 printenv X",
        "echo 'a b' \"$HOME\"",
        "echo a && echo b",
        "echo '(x)'",
        "echo a#b",
    ],
)
def test_exec_form_does_what_the_shell_would(command: str) -> None:
    """Whatever form is chosen, the command means the same."""
    expected = subprocess.run(["/bin/sh", "-c", command], capture_output=True, check=True).stdout
    actual = subprocess.run(exec_form(command), capture_output=True, check=True).stdout
    assert actual == expected, shlex.join(exec_form(command))
