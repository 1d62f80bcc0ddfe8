#!/bin/sh
# Installs sotabox on this server; run again, it mends what is not right and leaves the rest alone.
# It finds or installs Python and Docker, fetches and checks the program, and hands over to it.
# Everything is in functions and the last line calls main: a download that was cut off does nothing.
set -eu

# `make release` fills these in: where releases lie, who signs them, and which one this belongs to.
RELEASES=${SOTABOX_RELEASES:-}
RELEASE_KEY=''
RELEASE=latest

usage() {
    cat <<'END'
Usage: sudo ./install.sh [OPTIONS]

Turns this server into a platform: upload an app, get a live URL.

  --domain NAME        apps live at {slug}.NAME (default: localhost)
  --email ADDRESS      where the certificate authority may write to
  --demo               deploy the bundled example and show its address
  --version VERSION    install this release instead of the newest
  --from FILE          install this sotabox.pyz, without a network
  --dry-run            say what would be done, and do nothing
  --uninstall          remove the program and its services; apps and data stay
  --purge              with --uninstall: remove this box's apps, images and data as well

  --http-port PORT     where HTTP is served (default: 80)
  --https-port PORT    where HTTPS is served (default: 443)
  --tls MODE           certificates: auto, internal or off (default: auto)
  --listen HOST:PORT   the control plane's own address, on loopback (default: 127.0.0.1:7680)
  --data-dir DIR       where everything of this box is kept (default: /var/lib/sotabox)
  --keep-engine        never install, start or configure a Docker engine
  --prefix DIR         put everything below DIR and run without systemd (a second box, a trial)

From a checkout of sotabox it builds the program; from anywhere else it fetches a signed release.
END
}

main() {
    BEGAN=$(date +%s)
    read_arguments "$@"
    set_places
    [ "$(id -u)" = 0 ] || die "this needs root" "$(how_as_root "$@")"
    if [ "$UNINSTALL" = yes ]; then
        uninstall
        return
    fi
    check_server
    if [ "$DRY_RUN" = yes ]; then
        say_plan
        return
    fi
    hold_lock
    [ -n "$PYTHON" ] || install_python
    engine_answers || start_engine
    place_program
    place_launcher
    place_configuration
    # shellcheck disable=SC2086  # several words; `give` let none through that a shell takes apart
    exec "$LAUNCHER" setup --began "$BEGAN" $SETUP # the lock goes along, and is held until its end
}

# ---- What was asked for ----------------------------------------------------------------------

read_arguments() {
    FROM='' PREFIX='' KEEP_ENGINE=no UNINSTALL=no PURGE='' DRY_RUN=no CHOSEN=no GIVEN='' SETUP=''
    while [ $# -gt 0 ]; do
        case $1 in
            --demo) SETUP="$SETUP --demo" ;;
            --keep-engine) KEEP_ENGINE=yes SETUP="$SETUP --keep-engine" ;;
            --uninstall) UNINSTALL=yes ;;
            --purge) PURGE=--purge ;;
            --dry-run) DRY_RUN=yes ;;
            --help | -h)
                usage
                exit 0
                ;;
            --*=*) read_value "${1%%=*}" "${1#*=}" ;;
            *)
                [ $# -ge 2 ] || die "there is no option $1, or it needs a value" "--help shows how."
                read_value "$1" "$2"
                shift
                ;;
        esac
        shift
    done
    [ -z "$PURGE" ] || [ "$UNINSTALL" = yes ] || die "--purge goes with --uninstall only"
    [ -z "$FROM" ] || [ -r "$FROM" ] || die "can't read $FROM"
}

read_value() {
    case $1 in
        --from) FROM=$2 ;;
        --prefix) PREFIX=$(absolute "$2") ;;
        --version) RELEASE=$2 CHOSEN=yes ;;
        --data-dir) give "$1" "$(absolute "$2")" ;;
        --email) give --acme-email "$2" ;;
        --domain | --http-port | --https-port | --listen | --tls) give "$1" "$2" ;;
        *) die "there is no option $1 that takes a value" "--help lists them." ;;
    esac
}

# GIVEN holds the settings of this run as the configuration file does, SETUP as flags of `sotabox setup`.
give() {
    case $2 in '' | *[!A-Za-z0-9@%+=:,./_-]*) die "$1 '$2' has a character that it must not have" ;; esac
    GIVEN="${GIVEN}SOTABOX_$(printf '%s' "${1#--}" | tr 'a-z-' 'A-Z_')=$2
" SETUP="$SETUP $1 $2"
}

# The value that setting $1 has after this run: given now, configured before, or the default $2.
setting() {
    found=$({ cat "$CONFIG" 2>/dev/null || :; printf '%s' "$GIVEN"; } | sed -n "s/^$1=//p" | tail -n 1)
    printf '%s' "${found:-$2}"
}

set_places() {
    LIB=$PREFIX/usr/local/lib/sotabox
    PROGRAM=$LIB/sotabox.pyz
    LAUNCHER=$PREFIX/usr/local/bin/sotabox
    CONFIG=$PREFIX/etc/sotabox/sotabox.env
    LOCK=$PREFIX/run/lock/sotabox-install
    DOCKER_SOCKET=/var/run/docker.sock
    DATA_DIR=$(setting SOTABOX_DATA_DIR "$PREFIX/var/lib/sotabox")
    [ -z "$PREFIX" ] || give --data-dir "$DATA_DIR"
    CHECKOUT=''
    case $0 in */install.sh | install.sh) CHECKOUT=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) ;; esac
    [ -f "$CHECKOUT/.ci/zipapp.py" ] || CHECKOUT=''
    PYTHON=$(find_python)
}

# ---- Checks: nothing is changed before all of them are through -------------------------------

check_server() {
    [ "$(uname -s)" = Linux ] || die "sotabox runs on Linux; this is $(uname -s)"
    MACHINE=$(uname -m) KERNEL=$(uname -r)
    # shellcheck disable=SC1091  # a file of the server, not of this repository
    SYSTEM=$(. /etc/os-release 2>/dev/null && printf '%s' "${ID:-}:${VERSION_ID:-}:${PRETTY_NAME:-}") || SYSTEM=::
    memory_mb=$(awk '/^MemTotal/ { print int($2 / 1024) }' /proc/meminfo)
    free_mb=$(df -Pm "$(nearest_folder "$DATA_DIR")" | awk 'NR == 2 { print $4 }')
    printf 'sotabox on %s (%s), Linux %s, %s cores, %s MB memory, %s MB free\n' \
        "${SYSTEM#*:*:}" "$MACHINE" "${KERNEL%%-*}" "$(getconf _NPROCESSORS_ONLN)" "$memory_mb" "$free_mb"
    case $MACHINE in x86_64 | aarch64) ;; *) die "there is no sotabox for $MACHINE" "It runs on x86_64 and aarch64." ;; esac
    [ "${KERNEL%%.*}" -ge 5 ] || die "Linux $KERNEL is too old" "Linux 5.4 or newer comes with: Debian 12, Ubuntu 22.04, Fedora."
    [ "$memory_mb" -ge 400 ] || die "$memory_mb MB of memory are too little" "512 MB are the least."
    [ "$free_mb" -ge 1500 ] || die "$free_mb MB of disk are too little for $DATA_DIR" \
        "Free up to 1500 MB (see: df -h), or give --data-dir on a larger disk."
    say_what_is_scarce
    check_python_and_engine
    check_port "$(setting SOTABOX_HTTP_PORT 80)" --http-port
    domain=$(setting SOTABOX_DOMAIN localhost)
    serves_plain_only || check_port "$(setting SOTABOX_HTTPS_PORT 443)" --https-port
    listen=$(setting SOTABOX_LISTEN 127.0.0.1:7680)
    check_port "${listen##*:}" --listen
    ok "the ports are free"
    serves_plain_only || check_name "$domain"
    [ -n "$FROM$CHECKOUT$RELEASES" ] || [ -f "$PROGRAM" ] || die "it is not known where to get sotabox from" \
        "Run install.sh of a release or of a checkout, or give --from sotabox.pyz."
}

# What works, but not as well as it could.
say_what_is_scarce() {
    swap_mb=$(awk '/^SwapTotal/ { print int($2 / 1024) }' /proc/meminfo)
    [ "$((memory_mb + swap_mb))" -ge 1800 ] ||
        warn "$memory_mb MB of memory, $swap_mb MB of swap: builds of larger apps may not fit; 2 GB of swap help:" \
            "sudo sh -c 'cd / && fallocate -l 2G swapfile && chmod 600 swapfile && mkswap swapfile && swapon swapfile" \
            "  && echo /swapfile none swap sw 0 0 >>/etc/fstab'"
    [ -n "$PREFIX" ] || [ -d /run/systemd/system ] ||
        warn "no systemd runs here: sotabox is started in the background, and not at the next start of the server"
}

check_python_and_engine() {
    if [ -n "$PYTHON" ]; then ok "Python: $PYTHON"; else
        python_package >/dev/null || die "this system has no Python 3.11 or newer" \
            "Install one, then run this again: it is found as python3.11 to python3.14 on the PATH."
        todo "Python is missing: $(python_package) will be installed"
    fi
    if engine_answers; then ok "Docker answers"; else
        [ "$KEEP_ENGINE" = no ] || die "no Docker engine answers at $DOCKER_SOCKET" "Start it, or leave out --keep-engine."
        if command -v dockerd >/dev/null; then todo "Docker does not answer: it will be started"; else
            installer >/dev/null || die "Docker is missing, and this system has neither apt-get nor dnf" \
                "Install it, then run this again."
            todo "Docker is missing: it will be installed"
        fi
    fi
}

# As `sotabox.router.config` decides it: no public authority vouches for localhost or an address.
serves_plain_only() {
    case $(setting SOTABOX_TLS auto):$domain in
        off:* | auto:localhost | auto:*.localhost | auto:*[0-9].[0-9]*.[0-9]* | auto:*:*) return 0 ;;
    esac
    return 1
}

# Ours is a listener whose command line names this box's data directory.
check_port() {
    case $1 in '' | *[!0-9]*) die "$2 $1 is not a port (1 to 65535)" ;; esac
    pid=$(listener_of "$1")
    [ -n "$pid" ] || return 0
    case $(tr '\0' ' ' <"/proc/$pid/cmdline") in *"$DATA_DIR"[/\ ]*) return 0 ;; esac
    die "port $1 is taken by $(cat "/proc/$pid/comm") (process $pid)" "$(how_to_free "$1" "$2" "$pid")"
}

# What frees port $1, of option $2, which process $3 holds.
how_to_free() {
    unit=$(sed -n 's|.*/system\.slice/\(.*/\)\{0,1\}\([^/]*\.service\).*|\2|p' "/proc/$3/cgroup" 2>/dev/null | head -n 1)
    case $(cat "/proc/$3/comm"):$unit in
        docker-proxy:*) printf 'A container publishes it (see: docker ps --filter publish=%s): stop that' "$1" ;;
        *:?*) printf 'Stop it for good (systemctl disable --now %s)' "$unit" ;;
        *) printf 'Stop it' ;;
    esac
    printf ', or choose another port with %s' "$2"
    [ "$2" != --http-port ] || printf ', and --tls off if it is to stay in front and pass requests on'
    printf '.'
}

# The id of a process that listens on TCP port $1, or nothing.
listener_of() {
    inode=$(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
        awk -v port="$(printf ':%04X' "$1")" '$4 == "0A" && $2 ~ port "$" { print $10; exit }')
    [ -n "$inode" ] || return 0
    find /proc/[0-9]*/fd -lname "socket:?$inode?" 2>/dev/null | sed -n '1s|^/proc/\([0-9]*\)/.*|\1|p'
}

# Only warns: DNS may be set later, and a server may have its public address from a router before it.
# The dashboard is at $1 itself, apps are below it.
check_name() {
    own=$(awk '/32 host LOCAL/ { print last } { last = $2 }' /proc/net/fib_trie | grep -v '^127\.' | sort -u)
    wrong=''
    for name in "$1" "*.$1"; do
        found=$(getent ahostsv4 "$(printf %s "$name" | sed 's/^\*/sotabox-check/')" | awk '{ print $1; exit }') || found=''
        if [ -z "$found" ]; then warn "$name leads nowhere yet" && wrong=yes
        elif printf '%s\n' "$own" | grep -qxF "$found"; then ok "$name leads here ($found)"
        else warn "$name leads to $found, which is none of this server's own addresses: right only behind a router" && wrong=yes; fi
    done
    [ -z "$wrong" ] || warn "set in DNS, where $1 is managed; certificates come once that is done:" \
        "$1    A  $(public_of "$own")" "*.$1  A  $(public_of "$own")"
}

# The first of these addresses that the internet can reach, or words for it.
public_of() {
    printf '%s\n' "$1" | grep -Ev '^(10|127|169\.254|192\.168|172\.(1[6-9]|2[0-9]|3[01])|100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7]))\.' |
        head -n 1 | grep . || printf "this server's public address"
}

say_plan() {
    [ -n "$PYTHON" ] || todo "would install $(python_package)"
    engine_answers || todo "would install Docker where it is missing, and start it"
    [ "$KEEP_ENGINE" = yes ] || todo "would set live-restore in /etc/docker/daemon.json, so that an engine upgrade stops no app"
    todo "would put $PROGRAM in place: $(program_source)"
    todo "would write $LAUNCHER and $CONFIG, and keep all data in $DATA_DIR"
    if [ -z "$PREFIX" ] && [ -d /run/systemd/system ]; then todo "would start two services: sotabox, sotabox-caddy"
    else todo "would start sotabox in the background"; fi
    echo "Nothing was changed."
}

# ---- Python and Docker -----------------------------------------------------------------------

# The path of a Python that runs sotabox, the system's own first; nothing where there is none.
find_python() {
    for candidate in /usr/bin/python3 python3 python3.14 python3.13 python3.12 python3.11; do
        "$candidate" -c 'import sys; (3, 11) <= sys.version_info < (3, 15) and print(sys.executable)' \
            2>/dev/null | grep / && return
    done || :
}

python_package() {
    case $SYSTEM in
        debian::* | debian:1[2-9]* | ubuntu:2[4-9]* | fedora:* | almalinux:1* | rocky:1* | rhel:1* | centos:1*) echo python3 ;;
        ubuntu:22* | almalinux:9* | rocky:9* | rhel:9* | centos:9*) echo python3.11 ;;
        *) return 1 ;;
    esac
}

install_python() {
    logged "Python could not be installed" install_packages "$(python_package)"
    PYTHON=$(find_python)
    [ -n "$PYTHON" ] || die "$(python_package) is installed, but no Python 3.11 or newer is there"
    did "Python was missing: $PYTHON"
}

engine_answers() {
    [ -S "$DOCKER_SOCKET" ] && [ -n "$PYTHON" ] || return 1
    "$PYTHON" - "$DOCKER_SOCKET" 2>/dev/null <<'END'
import socket, sys
engine = socket.socket(socket.AF_UNIX)
engine.settimeout(5)
engine.connect(sys.argv[1])
engine.sendall(b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n")
sys.exit(b" 200 " not in engine.recv(100))
END
}

start_engine() {
    if ! command -v dockerd >/dev/null; then
        package=docker.io
        [ "$(installer)" = apt ] || package=moby-engine
        logged "Docker could not be installed" install_packages "$package" iptables ca-certificates
        did "Docker was missing: $package installed"
    fi
    if [ -d /run/systemd/system ]; then systemctl -q enable --now docker || :
    elif ! wait_until 3 engine_answers; then # the package may have started it
        setsid dockerd </dev/null >>/var/log/dockerd.log 2>&1 9>&- &
    fi
    wait_until 60 engine_answers || die "Docker does not start" "Look at: journalctl -u docker, or /var/log/dockerd.log"
    did "Docker started"
}

installer() { { command -v apt-get >/dev/null && echo apt; } || { command -v dnf >/dev/null && echo dnf; }; }

install_packages() {
    if [ "$(installer)" = dnf ]; then dnf -q -y install "$@"; else
        export DEBIAN_FRONTEND=noninteractive
        apt-get -q update && apt-get -q install -y --no-install-recommends "$@"
    fi
}

# ---- The program -----------------------------------------------------------------------------

program_source() {
    if [ -n "$FROM" ]; then echo "the file $FROM"
    elif [ -n "$CHECKOUT" ] && [ "$CHOSEN" = no ]; then echo "built from $CHECKOUT"
    elif [ -n "$RELEASES" ]; then echo "release $RELEASE from $RELEASES"
    else echo "as it is there already"; fi
}

place_program() {
    mkdir -p "$LIB" "$(dirname "$LAUNCHER")"
    case $(program_source) in
        the\ file*) file=$FROM ;;
        built*) file=$LIB/build/sotabox.pyz && build_program ;;
        release*) file=$LIB/fetched/sotabox.pyz && fetch_program ;;
        *) return 0 ;;
    esac
    if cmp -s "$file" "$PROGRAM"; then
        ok "sotabox.pyz is up to date"
    else
        install -m 755 "$file" "$PROGRAM.new"
        sync "$PROGRAM.new"
        mv -f "$PROGRAM.new" "$PROGRAM"
        did "sotabox.pyz ($(($(wc -c <"$PROGRAM") / 1000000)) MB) is new: $(program_source)"
    fi
    rm -rf "$LIB/fetched"
}

build_program() {
    if ! "$PYTHON" -c 'import ensurepip, venv' 2>/dev/null; then # Debian keeps it apart
        logged "Python's venv could not be installed" install_packages "$("$PYTHON" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
    fi
    logged "sotabox.pyz could not be built" env PIP_CACHE_DIR="$LIB/build/pip" \
        "$PYTHON" -B "$CHECKOUT/.ci/zipapp.py" --quick --cache "$LIB/build" --output "$file"
}

# A release is taken only when its sum is right and the key in this file has signed it.
fetch_program() {
    mkdir -p "$LIB/fetched"
    base=$RELEASES/$RELEASE/sotabox-$MACHINE.pyz
    give --releases "$RELEASES"
    [ -n "$RELEASE_KEY" ] || die "this install.sh knows no key that releases are signed with" \
        "Take the install.sh that belongs to a release."
    command -v ssh-keygen >/dev/null || logged "ssh-keygen could not be installed" install_packages openssh-client
    fetch "$base.sha256" "$file.sha256"
    wanted=$(cut -c 1-64 "$file.sha256")
    if [ "$wanted" = "$(digest_of "$PROGRAM")" ]; then
        file=$PROGRAM
        return
    fi
    fetch "$base" "$file"
    fetch "$base.sig" "$file.sig"
    [ "$wanted" = "$(digest_of "$file")" ] || die "$base was damaged on its way" "Run this again."
    printf 'sotabox %s\n' "$RELEASE_KEY" >"$LIB/fetched/signers"
    ssh-keygen -q -Y verify -f "$LIB/fetched/signers" -I sotabox -n sotabox -s "$file.sig" <"$file" >/dev/null 2>&1 ||
        die "$base is not signed by the makers of sotabox" "Do not run it. Tell them."
    ok "its sum and its signature are right"
}

fetch() {
    "$PYTHON" - "$1" "$2" <<'END' || die "$1 can't be fetched" "Try again later, or give --from FILE."
import shutil, sys, urllib.request
try:
    with urllib.request.urlopen(sys.argv[1], timeout=60) as answer, open(sys.argv[2], "wb") as file:
        shutil.copyfileobj(answer, file)
except (OSError, ValueError) as error:
    sys.exit(f"  {error}")
END
}

# The launcher names a folder of its own for each version's files, so that a running older version
# keeps its own until it has been restarted. -I -S: no package of the server's own Python gets in;
# some, such as numpy, would be loaded for nothing and cost 30 MB.
place_launcher() {
    unpacked=$LIB/unpacked/$(digest_of "$PROGRAM" | cut -c 1-12)
    replace "$LAUNCHER" <<END
#!/bin/sh
# Written by install.sh: the sotabox of this server, with its settings and its Python.
export SOTABOX_CONFIG="\${SOTABOX_CONFIG-$CONFIG}" SHIV_ROOT="$unpacked"
exec "$PYTHON" -I -S "$PROGRAM" "\$@"
END
    [ ! -e "$unpacked/complete" ] || return 0
    mkdir -p "$unpacked"
    SOTABOX_CONFIG='' "$LAUNCHER" --version >/dev/null 9>&- || die "sotabox.pyz does not run with $PYTHON" \
        "The line above says which Python it takes."
    "$PYTHON" -m compileall -q -j 0 "$unpacked" >/dev/null || : # only speeds up the first start
    touch "$unpacked/complete"
    did "unpacked for $PYTHON"
}

place_configuration() {
    [ ! -f "$CONFIG" ] || return 0
    mkdir -p "$(dirname "$CONFIG")"
    cat >"$CONFIG" <<'END'
# Settings of this box, one SOTABOX_NAME=value a line; `sotabox serve --help` lists them.
# After a change run `sotabox setup`: it restarts what needs it.
END
}

# ---- Removing --------------------------------------------------------------------------------

uninstall() {
    if [ "$DRY_RUN" = yes ]; then
        echo "Would stop sotabox and remove $LIB, $LAUNCHER and $CONFIG."
        [ -z "$PURGE" ] || echo "Would remove this box's containers, networks, images and $DATA_DIR."
        return
    fi
    hold_lock
    if [ -n "$PURGE" ] && [ -e "$DATA_DIR/instance-id" ] && [ ! -x "$LAUNCHER" ]; then
        MACHINE=$(uname -m) # only the program finds what is its own on the engine
        [ -n "$PYTHON" ] || die "only sotabox can remove its apps, and there is no Python to run it" "Run install.sh first."
        place_program
        place_launcher
        place_configuration
        export SOTABOX_DATA_DIR="$DATA_DIR"
    fi
    [ ! -x "$LAUNCHER" ] || "$LAUNCHER" uninstall $PURGE
    rm -rf "$LIB" "$CONFIG" # where an earlier removal was cut off
    rmdir "$(dirname "$CONFIG")" 2>/dev/null || :
    [ -z "$PREFIX" ] || rm -f "$LOCK"
    [ ! -d "$PREFIX" ] || find "$PREFIX" -depth -type d -empty -delete
}

# ---- Small tools -----------------------------------------------------------------------------

ok() { printf '  ok   %s\n' "$1"; }
todo() { printf '  →    %s\n' "$1"; }

# Each word after the first is a line of its own, to copy.
warn() {
    printf '  !    %s\n' "$1"
    shift
    [ $# = 0 ] || printf '         %s\n' "$@"
}

# Says what was done, and how long after the last thing that was.
did() {
    now=$(date +%s)
    printf '  →    %-62s %3s s\n' "$1" "$((now - ${LAST:-$BEGAN}))"
    LAST=$now
}

die() {
    printf 'sotabox: %s\n' "$1" >&2
    [ $# -lt 2 ] || printf '  %s\n' "$2" >&2
    exit 1
}

# Runs "$2…" quietly; when it fails, shows the end of what it said and dies with the words $1.
logged() {
    words=$1 log=$(mktemp)
    shift
    ("$@") </dev/null >"$log" 2>&1 9>&- || {
        tail -n 15 "$log" >&2
        die "$words" "The lines above say why; the whole log is $log."
    }
    rm -f "$log"
}

# Two runs at once would undo each other's work; the lock ends with the process, however it ends.
hold_lock() {
    mkdir -p "$(dirname "$LOCK")"
    exec 9>>"$LOCK"
    flock -n 9 || die "another install.sh is at work" "Wait until it has ended."
}

# The command that is to be typed in place of this one.
how_as_root() {
    case $0 in
        */install.sh) echo "Run: sudo $0${*:+ $*}" ;;
        install.sh) echo "Run: sudo sh $0${*:+ $*}" ;;
        *) echo "Run: curl -fsSL ${RELEASES:-ADDRESS}${RELEASES:+/$RELEASE/install.sh} | sudo sh -s --${*:+ $*}" ;;
    esac
}

digest_of() { { sha256sum "$1" 2>/dev/null || :; } | cut -c 1-64; }

absolute() {
    case $1 in /*) printf '%s' "${1%/}" ;; *) printf '%s/%s' "$(pwd)" "${1%/}" ;; esac
}

nearest_folder() {
    path=$1
    while [ ! -d "$path" ]; do path=$(dirname "$path"); done
    printf '%s' "$path"
}

# Gives the program $1 the text of standard input, whole or not at all.
replace() {
    cat >"$1.new"
    chmod 755 "$1.new"
    if cmp -s "$1.new" "$1"; then rm -f "$1.new"; else mv -f "$1.new" "$1"; fi
}

# Runs "$2…" until it succeeds, at most $1 seconds.
wait_until() {
    tries=$(($1 * 5))
    shift
    until "$@"; do
        [ "$tries" -gt 0 ] || return 1
        tries=$((tries - 1))
        sleep 0.2
    done
}

main "$@"
