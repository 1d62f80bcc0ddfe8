"""What the host's firewall is told."""

from sotabox.engine.firewall import (
    Chains,
    chains_of,
    check_stale,
    jumps,
    render_rules,
    render_rules_v6,
)
from sotabox.engine.labels import bridge_prefix


def test_render_rules_are_exactly_these() -> None:
    """A change of what apps may reach is seen here first."""
    assert render_rules(Chains("FWD", "IN"), [80]).splitlines() == [
        "*filter",
        ":FWD - [0:0]",
        ":IN - [0:0]",
        "-A FWD -d 169.254.0.0/16 -p udp -m udp --dport 53 -j RETURN",
        "-A FWD -d 169.254.0.0/16 -p tcp -m tcp --dport 53 -j RETURN",
        "-A FWD -d 169.254.0.0/16 -j REJECT",
        "-A IN -m conntrack --ctstate RELATED,ESTABLISHED -j RETURN",
        "-A IN -p udp -m udp --dport 53 -j RETURN",
        "-A IN -p tcp -m tcp --dport 53 -j RETURN",
        "-A IN -p tcp -m tcp --dport 80 -j RETURN",
        "-A IN -p udp -m udp --dport 80 -j RETURN",
        "-A IN -j REJECT",
        "COMMIT",
    ]


def test_chains_of_two_boxes_differ_and_fit_iptables() -> None:
    """Two boxes on a host don't overwrite each other's rules."""
    one, two = chains_of("0123-box"), chains_of("4567-box")
    assert len({one.forward, one.input, two.forward, two.input}) == 4
    assert all(len(name) <= 28 for name in (one.forward, one.input))


def test_nothing_of_ipv6_passes() -> None:
    """Apps speak IPv4; the host's services at a bridge's own `fe80::` address are not for them."""
    rules = render_rules_v6(Chains("FWD", "IN")).splitlines()
    assert rules[3:5] == ["-A FWD -j REJECT", "-A IN -j REJECT"]


def test_jumps_take_packets_of_this_box_s_bridges_and_of_builds() -> None:
    """The rest of the host's traffic, another box's too, is left alone."""
    apps, builds = jumps("box", "IN")
    assert apps == ["-i", f"{bridge_prefix('box')}+", *apps[2:6], "-j", "IN"]
    assert builds == ["-i", "docker0", *apps[2:]]
    assert jumps("box", "IN", builds=False) == [apps]
    assert bridge_prefix("box") != bridge_prefix("other")


def test_check_stale_finds_only_this_chain_s_jumps_of_another_form() -> None:
    """Nobody else's rule is ever taken away."""
    rules = jumps("box", "IN")
    listing = (
        "-P INPUT ACCEPT\n"
        f"-A INPUT {' '.join(rules[0])}\n"
        f"-A INPUT {' '.join(rules[1])}\n"
        "-A INPUT -s 10.9.0.0/16 -m comment --comment sotabox -j IN\n"
        "-A INPUT -s 10.9.0.0/16 -j IN2\n"
        "-A INPUT -i lo -j ACCEPT\n"
    )
    assert check_stale(listing, "IN", rules) == [
        ["-s", "10.9.0.0/16", "-m", "comment", "--comment", "sotabox", "-j", "IN"]
    ]
    assert len(check_stale(listing, "IN", [])) == 3
