"""Settings: where a value comes from, and what is said of one that can't be used."""

from ipaddress import IPv4Network
from pathlib import Path

import pytest

from sotabox.errors import Invalid
from sotabox.settings import TABLE, Settings, TlsMode, load_settings


def test_without_flags_and_environment_all_is_default() -> None:
    assert load_settings({}, {}) == Settings()


def test_flag_wins_over_environment_wins_over_default() -> None:
    environ = {"SOTABOX_HTTP_PORT": "8081", "SOTABOX_HTTPS_PORT": "8443"}
    settings = load_settings({"http_port": "8080", "domain": None}, environ)
    assert (settings.http_port, settings.https_port, settings.domain) == (8080, 8443, "localhost")


def test_every_type_is_read() -> None:
    environ = {
        "SOTABOX_DATA_DIR": "/srv/box",
        "SOTABOX_TLS": "internal",
        "SOTABOX_APP_CPUS": "0.5",
        "SOTABOX_NETWORK_POOL": "10.9.0.0/20",
        "SOTABOX_LISTEN": "[::1]:7000",
    }
    settings = load_settings({}, environ)
    assert settings.data_dir == Path("/srv/box")
    assert settings.tls is TlsMode.INTERNAL
    assert settings.app_cpus == 0.5
    assert settings.network_pool == IPv4Network("10.9.0.0/20")
    assert settings.listen_address == ("::1", 7000)


def test_other_variables_are_not_ours() -> None:
    assert load_settings({}, {"HTTP_PORT": "x", "SOTABOX_UNKNOWN": "x"}) == Settings()


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_every_default_is_acceptable(row: object) -> None:
    """A person who writes a default down gets the same box."""
    for each in (r for r in TABLE if r is row):
        text = "" if each.name == "build_ca" else str(each.default)
        assert load_settings({each.name: text}, {}) == Settings()


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("http_port", "abc", "it is not a whole number"),
        ("http_port", "", "it is not a whole number"),
        ("http_port", "0", "a port is 1 to 65535"),
        ("https_port", "65536", "a port is 1 to 65535"),
        ("http_port", "-1", "a port is 1 to 65535"),
        ("app_cpus", "two", "it is not a number"),
        ("app_cpus", "0", "it must be more than 0"),
        ("app_cpus", "nan", "it must be more than 0"),
        ("app_cpus", "inf", "it must be more than 0"),
        ("app_memory_mb", "5", "the engine gives at least 6 MB"),
        ("tls", "sometimes", "it is not one of auto, internal, off"),
        ("network_pool", "10.0.0.0/33", "it is not an IPv4 network, such as 10.213.0.0/16"),
        ("network_pool", "10.0.0.1/16", "it is not an IPv4 network, such as 10.213.0.0/16"),
        (
            "network_pool",
            "10.0.0.0/25",
            "it is too small: each project takes a /27 of it; give at least a /24",
        ),
        ("builds_at_once", "0", "it must be more than 0"),
        ("queue_max", "0", "it must be more than 0"),
        ("health_timeout_s", "-3", "it must be more than 0"),
        ("drain_timeout_s", "-1", "it must not be negative"),
        ("rate_limit", "-1", "it must not be negative"),
        ("dns", "127.0.0.1", "it is not HOST:PORT"),
        ("dns", "ns.example.com:53", "'ns.example.com' is not an IP address"),
        ("public_ip", "203.0.113.7, box.example.com", "'box.example.com' is not an IP address"),
        ("acme_ca", "http://ca.internal/directory", "it must begin with https://"),
        ("acme_ca_root", "/nonexistent/root.pem", "it is not a file"),
        ("domains_max", "0", "it must be more than 0"),
        ("listen", "7680", "it is not HOST:PORT"),
        ("listen", ":7680", "it is not HOST:PORT"),
        ("listen", "127.0.0.1:http", "it is not HOST:PORT"),
        ("listen", "127.0.0.1:²", "it is not HOST:PORT"),
        ("listen", "127.0.0.1:99999", "it is not HOST:PORT"),
        ("log_level", "loud", "it is not one of debug, info, warning, error"),
        ("data_dir", "", "it must be a folder of its own"),
        ("data_dir", "/", "it must be a folder of its own"),
        ("build_env", "A=1 B", "it is not a list of NAME=value: 'B' has no '='"),
        ("build_env", "A='1", "it is not a list of NAME=value: no closing quotation"),
        ("build_ca", "/no/such/file", "it is not a file"),
        *(
            (
                "domain",
                domain,
                "it must be a host name in lower case, without scheme, port or path",
            )
            for domain in ("", "https://a.test", "a.test:80", "A.test", "a..b", "-a.b", "a b")
        ),
    ],
)
def test_wrong_value_is_named_with_its_origin(name: str, text: str, problem: str) -> None:
    """The message holds where it came from, what was given, and why that can't be."""
    flag, variable = f"--{name.replace('_', '-')}", f"SOTABOX_{name.upper()}"
    with pytest.raises(Invalid) as caught:
        load_settings({name: text}, {})
    assert caught.value.message == f"{flag}={text!r} is not valid: {problem}"
    assert "The default is" in (caught.value.hint or "")
    with pytest.raises(Invalid) as caught:
        load_settings({}, {variable: text})
    assert caught.value.message == f"{variable}={text!r} is not valid: {problem}"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("rate_limit", "0"),
        ("build_memory_mb", "0"),
        ("drain_timeout_s", "0"),
        ("dns", "[::1]:5353"),
        ("public_ip", "203.0.113.7 2001:db8::7"),
        ("domain", "apps.example.com"),
        ("domain", "10.0.0.1.nip.io"),
        ("log_level", "DEBUG"),
        ("build_env", "HTTP_PROXY=http://p:1 X='a b'"),
        ("listen", "0.0.0.0:7680"),
    ],
)
def test_unusual_value_that_works_is_taken(name: str, text: str) -> None:
    load_settings({name: text}, {})
