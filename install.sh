#!/bin/sh
# Installs sotabox on this server; run again, it mends what is not right and leaves the rest alone.
# Everything is in functions and the last line calls main: a download that was cut off does nothing.
set -eu

usage() {
    cat <<'END'
Usage: sudo ./install.sh [OPTIONS]

Turns this server into a platform: upload an app, get a live URL.

  --domain NAME        apps live at {slug}.NAME (default: localhost)
  --http-port PORT     where HTTP is served (default: 80)
  --https-port PORT    where HTTPS is served (default: 443)
  --tls MODE           certificates: auto, internal or off (default: auto)
  --listen HOST:PORT   the control plane's own address, on loopback (default: 127.0.0.1:7680)
  --data-dir DIR       where everything of this box is kept (default: /var/lib/sotabox)
  --demo               deploy the bundled example and show its address
  --from FILE          install this sotabox.pyz instead of building one from the checkout
  --prefix DIR         put everything below DIR and run without systemd (a second box, a trial)
  --keep-engine        never install, start or configure a Docker engine
  --uninstall          remove the program and its services; apps and data stay
  --purge              with --uninstall: remove this box's apps, images and data as well
  --dry-run            say what would be done, and do nothing
  --help               this text
END
}

main() {
    read_arguments "$@"
    set_places
    if [ "$UNINSTALL" = yes ]; then
        uninstall
        return
    fi
    STARTED=$(date +%s) SERVE_STARTED='' API_KEY=''
    check_server
    if [ "$DRY_RUN" = yes ]; then
        say_plan
        return
    fi
    hold_lock
    ensure_python
    ensure_engine
    ensure_program
    ensure_configuration
    ensure_running
    [ "$DEMO" = no ] || ensure_demo
    say_result
}

# ---- What was asked for ----------------------------------------------------------------------

read_arguments() {
    SETTINGS='' DEMO=no FROM='' PREFIX='' KEEP_ENGINE=no UNINSTALL=no PURGE=no DRY_RUN=no
    while [ $# -gt 0 ]; do
        case $1 in
            --domain | --http-port | --https-port | --tls | --listen | --data-dir)
                [ $# -ge 2 ] || die "$1 needs a value" "./install.sh --help shows how."
                give_setting "$1" "$2"
                shift
                ;;
            --from | --prefix)
                [ $# -ge 2 ] || die "$1 needs a value" "./install.sh --help shows how."
                if [ "$1" = --from ]; then FROM=$2; else PREFIX=$(absolute "$2"); fi
                shift
                ;;
            --demo) DEMO=yes ;;
            --keep-engine) KEEP_ENGINE=yes ;;
            --uninstall) UNINSTALL=yes ;;
            --purge) PURGE=yes ;;
            --dry-run) DRY_RUN=yes ;;
            --help | -h)
                usage
                exit 0
                ;;
            *) die "there is no option $1" "./install.sh --help lists them." ;;
        esac
        shift
    done
    [ "$PURGE" = no ] || [ "$UNINSTALL" = yes ] || die "--purge goes with --uninstall only"
    [ -z "$FROM" ] || [ -r "$FROM" ] || die "can't read $FROM"
}

# SETTINGS collects `SOTABOX_NAME=value` lines, as the configuration file has them.
give_setting() {
    value=$2
    case $value in *[[:space:]]*) die "$1 '$value' must not hold spaces" ;; esac
    case $1 in
        --http-port | --https-port)
            case $value in '' | *[!0-9]*) die "$1 $value is not a port (1 to 65535)" ;; esac
            ;;
        --tls)
            case $value in auto | internal | off) ;; *) die "--tls is auto, internal or off" ;; esac
            ;;
        --data-dir) value=$(absolute "$value") ;;
    esac
    name=$(printf '%s' "${1#--}" | tr 'a-z-' 'A-Z_')
    SETTINGS="${SETTINGS}SOTABOX_$name=$value
"
}

# The value that setting $1 has after this run: given now, configured before, or the default $2.
setting() {
    found=$({ cat "$CONFIG" 2>/dev/null || :; printf '%s' "$SETTINGS"; } | sed -n "s/^$1=//p" | tail -n 1)
    printf '%s' "${found:-$2}"
}

set_places() {
    LIB=$PREFIX/usr/local/lib/sotabox
    PROGRAM=$LIB/sotabox.pyz
    LAUNCHER=$PREFIX/usr/local/bin/sotabox
    CONFIG=$PREFIX/etc/sotabox/sotabox.env
    UNITS=/etc/systemd/system
    DOCKER_SOCKET=/var/run/docker.sock
    DATA_DIR=$(setting SOTABOX_DATA_DIR "$PREFIX/var/lib/sotabox")
    [ -z "$PREFIX" ] || SETTINGS="SOTABOX_DATA_DIR=$DATA_DIR
$SETTINGS"
    SERVE_PID=$DATA_DIR/serve.pid
    SERVE_LOG=$DATA_DIR/serve.log
    CHECKOUT=$(CDPATH='' cd -- "$(dirname -- "$0")" 2>/dev/null && pwd) || CHECKOUT=''
    [ -f "$CHECKOUT/.ci/zipapp.py" ] || CHECKOUT=''
}

# ---- Checks: nothing is changed before all of them are through -------------------------------

check_server() {
    [ "$(id -u)" = 0 ] || die "this needs root" "Run: sudo ./install.sh"
    check_system
    if find_python; then ok "Python $PYTHON_VERSION"; else check_installable "Python 3.11 or newer" python3; fi
    if engine_answers; then
        ok "Docker answers"
    elif [ "$KEEP_ENGINE" = yes ]; then
        die "no Docker engine answers at $DOCKER_SOCKET" "Start it, or leave out --keep-engine."
    elif ! command -v dockerd >/dev/null; then
        check_installable "Docker" docker.io
    fi
    check_port "$(setting SOTABOX_HTTP_PORT 80)" --http-port
    serves_plain_only || check_port "$(setting SOTABOX_HTTPS_PORT 443)" --https-port
    listen=$(setting SOTABOX_LISTEN 127.0.0.1:7680)
    check_port "${listen##*:}" --listen
    ok "the ports are free"
    [ -n "$FROM$CHECKOUT" ] || [ -f "$PROGRAM" ] ||
        die "there is nothing to install from" "Run it in a checkout of sotabox, or give --from sotabox.pyz."
}

# As `sotabox.router.config` decides it: no public authority vouches for localhost or an address.
serves_plain_only() {
    case $(setting SOTABOX_TLS auto):$(setting SOTABOX_DOMAIN localhost) in
        off:* | auto:localhost | auto:*.localhost | auto:*[0-9].[0-9]*.[0-9]* | auto:*:*) return 0 ;;
    esac
    return 1
}

check_system() {
    [ "$(uname -s)" = Linux ] || die "sotabox runs on Linux; this is $(uname -s)"
    # shellcheck disable=SC1091  # a file of the server, not of this repository
    system=$(. /etc/os-release 2>/dev/null && printf '%s' "${PRETTY_NAME:-}") || system=''
    memory_mb=$(awk '/^MemTotal/ { print int($2 / 1024) }' /proc/meminfo)
    free_mb=$(df -Pm "$(nearest_folder "$DATA_DIR")" | awk 'NR == 2 { print $4 }')
    printf 'sotabox on %s (%s), %s cores, %s MB memory, %s MB free\n' \
        "${system:-an unknown Linux}" "$(uname -m)" "$(getconf _NPROCESSORS_ONLN)" "$memory_mb" "$free_mb"
    [ "$memory_mb" -ge 400 ] || die "$memory_mb MB of memory are too little" "512 MB are the least."
    [ "$free_mb" -ge 1500 ] || die "$free_mb MB of disk are too little for $DATA_DIR" \
        "Free up to 1500 MB, or give --data-dir on a larger disk."
}

check_installable() {
    command -v apt-get >/dev/null ||
        die "$1 is missing, and this system has no apt-get to install it with" "Install it, then run this again."
    step "$1 is missing: $2 will be installed"
}

# Ours is a listener whose command line names this box's data directory.
check_port() {
    pid=$(listener_of "$1")
    [ -n "$pid" ] || return 0
    case $(command_line "$pid") in *"$DATA_DIR"[/\ ]*) return 0 ;; esac
    die "port $1 is taken by $(cat "/proc/$pid/comm") (process $pid)" "Stop it, or choose another with $2."
}

# The id of a process that listens on TCP port $1, or nothing.
listener_of() {
    inode=$(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
        awk -v port="$(printf ':%04X' "$1")" '$4 == "0A" && $2 ~ port "$" { print $10; exit }')
    [ -n "$inode" ] || return 0
    find /proc/[0-9]*/fd -lname "socket:?$inode?" 2>/dev/null | sed -n '1s|^/proc/\([0-9]*\)/.*|\1|p'
}

say_plan() {
    echo "Would do:"
    [ -n "${PYTHON:-}" ] || step "install python3"
    engine_answers || step "install docker.io where it is missing, and start it"
    [ "$KEEP_ENGINE" = yes ] || step "set live-restore in /etc/docker/daemon.json, so that an engine upgrade stops no app"
    if [ -n "$FROM" ]; then step "install $FROM as $PROGRAM"
    elif [ -n "$CHECKOUT" ]; then step "build $PROGRAM from $CHECKOUT"; fi
    step "write $LAUNCHER and $CONFIG"
    if runs_systemd; then step "start sotabox.service and sotabox-caddy.service"
    else step "start sotabox in the background, log in $SERVE_LOG"; fi
    [ "$DEMO" = no ] || step "deploy the bundled example"
    echo "Nothing was changed."
}

# ---- Python and Docker -----------------------------------------------------------------------

# Sets PYTHON to the real path of a Python that runs sotabox, and PYTHON_VERSION.
find_python() {
    for candidate in /usr/bin/python3 python3 python3.14 python3.13 python3.12 python3.11; do
        found=$("$candidate" -c 'import sys; v = sys.version_info
print(sys.executable, "%d.%d" % v[:2]) if v >= (3, 11) else None' 2>/dev/null) || continue
        [ -n "$found" ] || continue
        PYTHON=${found% *} PYTHON_VERSION=${found##* }
        return 0
    done
    return 1
}

ensure_python() {
    find_python && return
    began
    apt_install python3
    find_python || { apt_install python3.11 && find_python; } ||
        die "this system has no Python 3.11 or newer" "Debian 12, Ubuntu 24.04 and later have one."
    done_step "Python $PYTHON_VERSION was missing: installed"
}

engine_answers() {
    [ -S "$DOCKER_SOCKET" ] && [ -n "${PYTHON:-}" ] || return 1
    "$PYTHON" - "$DOCKER_SOCKET" 2>/dev/null <<'END'
import socket, sys
engine = socket.socket(socket.AF_UNIX)
engine.settimeout(5)
engine.connect(sys.argv[1])
engine.sendall(b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n")
sys.exit(b" 200 " not in engine.recv(100))
END
}

ensure_engine() {
    engine_answers && return
    began
    if ! command -v dockerd >/dev/null; then
        apt_install docker.io iptables ca-certificates
        done_step "Docker was missing: docker.io installed"
        began
    fi
    if runs_systemd; then
        systemctl enable --now docker >/dev/null 2>&1 || :
    elif ! wait_until 3 engine_answers; then # the package may have started it
        setsid dockerd </dev/null >>/var/log/dockerd.log 2>&1 9>&- &
    fi
    wait_until 60 engine_answers || die "Docker does not start" "$(engine_log)"
    done_step "Docker started"
}

engine_log() {
    if runs_systemd; then journalctl -q -u docker -n 10 --no-pager
    else tail -n 10 /var/log/dockerd.log 2>/dev/null || echo "dockerd wrote no log"; fi
}

apt_install() {
    export DEBIAN_FRONTEND=noninteractive
    logged "apt-get could not look for packages" apt-get update
    logged "apt-get could not install $*" apt-get install -y --no-install-recommends "$@"
}

# ---- The program -----------------------------------------------------------------------------

ensure_program() {
    began
    mkdir -p "$LIB" "$(dirname "$LAUNCHER")"
    if [ -n "$FROM" ]; then
        place_program "$FROM"
    elif [ -n "$CHECKOUT" ]; then
        build_program
        place_program "$LIB/build/sotabox.pyz"
    fi
    write_launcher
}

build_program() {
    if ! "$PYTHON" -c 'import ensurepip, venv' 2>/dev/null; then
        apt_install "python$PYTHON_VERSION-venv" # Debian keeps it apart; only building needs it
    fi
    logged "sotabox.pyz could not be built" \
        "$PYTHON" "$CHECKOUT/.ci/zipapp.py" --quick --cache "$LIB/build" --output "$LIB/build/sotabox.pyz"
}

place_program() {
    if cmp -s "$1" "$PROGRAM"; then
        ok "sotabox.pyz is up to date"
        return
    fi
    cp "$1" "$PROGRAM.new"
    chmod 755 "$PROGRAM.new"
    sync "$PROGRAM.new"
    mv -f "$PROGRAM.new" "$PROGRAM"
    done_step "sotabox.pyz ($(($(wc -c <"$PROGRAM") / 1000000)) MB)"
}

# The launcher names a folder of its own for each version's files, so that a running older version
# keeps its own until it has been restarted. -I -S: no package of the server's own Python gets in;
# some, such as numpy, would be loaded for nothing and cost 30 MB.
write_launcher() {
    began
    UNPACKED=$LIB/unpacked/$(sha256sum "$PROGRAM" | cut -c 1-12)
    replace "$LAUNCHER" 755 <<END
#!/bin/sh
# Written by install.sh: the sotabox of this server, with its settings and its Python.
export SOTABOX_CONFIG="\${SOTABOX_CONFIG-$CONFIG}" SHIV_ROOT="$UNPACKED"
exec "$PYTHON" -I -S "$PROGRAM" "\$@"
END
    [ ! -e "$UNPACKED/complete" ] || return 0
    mkdir -p "$UNPACKED"
    SOTABOX_CONFIG='' "$LAUNCHER" --version >/dev/null 9>&- || die "sotabox.pyz does not run with $PYTHON" \
        "It is made for one version of Python; build it on this server, or get the one for $PYTHON_VERSION."
    "$PYTHON" -m compileall -q -j 0 "$UNPACKED" >/dev/null || : # only speeds up the first start
    touch "$UNPACKED/complete"
    done_step "unpacked for Python $PYTHON_VERSION"
}

ensure_configuration() {
    mkdir -p "$(dirname "$CONFIG")"
    (umask 077 && mkdir -p "$DATA_DIR")
    [ -f "$CONFIG" ] || replace "$CONFIG" 644 <<'END'
# Settings of this box, one SOTABOX_NAME=value a line; `sotabox serve --help` lists them.
# After a change run install.sh again: it restarts what needs it.
END
    # Of a setting given twice the last counts; what the file says already stays where it stands.
    news=$(printf '%s' "$SETTINGS" | awk -F= '{ line[$1] = $0 } END { for (name in line) print line[name] }' |
        sort | grep -vxFf "$CONFIG" || :)
    if [ -n "$news" ]; then
        names=$(printf '%s' "$news" | sed 's/^/^/; s/=.*/=/')
        { grep -v "$names" "$CONFIG" || :; printf '%s\n' "$news"; } | replace "$CONFIG" 644
    fi
    if [ "$KEEP_ENGINE" = no ]; then "$LAUNCHER" live-restore 9>&-; fi
}

# ---- Running ---------------------------------------------------------------------------------

ensure_running() {
    began
    if runs_systemd; then run_units; else run_detached; fi
    "$LAUNCHER" wait --timeout 60 ${SERVE_STARTED:+--process "$SERVE_STARTED"} 9>&- || {
        service_log >&2
        die "sotabox does not get ready" "The lines above are the end of its log."
    }
    fingerprint | replace "$LIB/running" 644 # what runs now is what is installed now
    find "$LIB/unpacked" -mindepth 1 -maxdepth 1 ! -path "$UNPACKED" -exec rm -rf {} +
}

runs_systemd() { [ -z "$PREFIX" ] && [ -d /run/systemd/system ]; }

fingerprint() { cat "$PROGRAM" "$CONFIG" "$LAUNCHER" | sha256sum; }

is_current() { [ "$(cat "$LIB/running" 2>/dev/null)" = "$(fingerprint)" ]; }

run_units() {
    for unit in sotabox-caddy sotabox; do
        "$LAUNCHER" unit "$unit" --launcher "$LAUNCHER" | replace "$UNITS/$unit.service" 644
    done
    if is_current && both is-active && both is-enabled; then
        ok "sotabox and sotabox-caddy run"
        return
    fi
    systemctl daemon-reload
    both enable
    systemctl start sotabox-caddy
    systemctl restart sotabox
    done_step "two services started: sotabox, sotabox-caddy"
}

both() { systemctl -q "$@" sotabox sotabox-caddy; }

run_detached() {
    if is_current && serve_runs; then
        ok "sotabox runs in the background"
        return
    fi
    stop_serve
    [ ! -f "$SERVE_LOG" ] || mv -f "$SERVE_LOG" "$SERVE_LOG.1"
    setsid "$LAUNCHER" serve --data-dir "$DATA_DIR" </dev/null >>"$SERVE_LOG" 2>&1 9>&- &
    SERVE_STARTED=$!
    echo "$SERVE_STARTED" >"$SERVE_PID"
    done_step "sotabox started in the background (after a reboot run this again)"
}

serve_runs() { [ -n "$(serve_process)" ]; }

# The process id of our control plane, or nothing: a pid file may outlive its process.
serve_process() {
    pid=$(cat "$SERVE_PID" 2>/dev/null) || return 0
    if command_line "$pid" | grep -qF "serve --data-dir $DATA_DIR "; then echo "$pid"; fi
}

stop_serve() {
    pid=$(serve_process)
    [ -n "$pid" ] || return 0
    kill "$pid" 2>/dev/null || :
    wait_until 30 serve_stopped || kill -9 "$pid" 2>/dev/null || :
    rm -f "$SERVE_PID"
}

serve_stopped() { ! serve_runs; }

service_log() {
    if runs_systemd; then journalctl -q -u sotabox -n 15 --no-pager; else tail -n 15 "$SERVE_LOG"; fi
}

# ---- Demo and result -------------------------------------------------------------------------

ensure_demo() {
    if "$LAUNCHER" demo --check 2>/dev/null 9>&-; then
        ok "the example app answers"
        return
    fi
    API_KEY=$("$LAUNCHER" apikey create --name install 9>&-)
    SOTA_API_KEY=$API_KEY "$LAUNCHER" demo 9>&-
}

say_result() {
    echo "Ready in $(($(date +%s) - STARTED)) s."
    [ "$DEMO" = no ] || echo "  Example app:   $("$LAUNCHER" url hello)"
    echo "  Dashboard:     $("$LAUNCHER" url)"
    login=$("$LAUNCHER" user reset-password --if-unset 9>&-)
    echo "  Admin login:   ${login:-as set before; a fresh password: sotabox user reset-password}"
    echo "  API key:       ${API_KEY:-make one with: sotabox apikey create --name NAME}"
    echo "  Remove it:     sudo ./install.sh --uninstall${PREFIX:+ --prefix $PREFIX}"
}

# ---- Removing --------------------------------------------------------------------------------

uninstall() {
    [ "$(id -u)" = 0 ] || die "this needs root" "Run: sudo ./install.sh --uninstall${PREFIX:+ --prefix $PREFIX}"
    if [ "$DRY_RUN" = yes ]; then
        echo "Would stop sotabox and remove $LIB, $LAUNCHER and $CONFIG."
        [ "$PURGE" = no ] || echo "Would remove this box's containers, networks, images and $DATA_DIR."
        return
    fi
    hold_lock
    if [ "$PURGE" = yes ] && [ -d "$DATA_DIR" ] && [ ! -x "$LAUNCHER" ]; then
        ensure_python
        ensure_program # an earlier removal was cut off: only the program finds what is its own
    fi
    stop_services
    if [ -x "$LAUNCHER" ]; then
        "$LAUNCHER" caddy --stop 9>&-
        [ "$PURGE" = no ] || "$LAUNCHER" purge --yes 9>&-
    fi
    rm -rf "$LIB" "$LAUNCHER" "$CONFIG"
    rmdir "$(dirname "$CONFIG")" 2>/dev/null || :
    [ ! -d "$PREFIX" ] || find "$PREFIX" -depth -type d -empty -delete
    ok "sotabox is removed"
    [ "$PURGE" = yes ] || echo "  Apps and data stay in $DATA_DIR; --uninstall --purge removes them too."
}

stop_services() {
    if runs_systemd; then
        both disable --now 2>/dev/null || :
        rm -f "$UNITS/sotabox.service" "$UNITS/sotabox-caddy.service"
        systemctl daemon-reload
    else
        stop_serve
        rm -f "$SERVE_LOG" "$SERVE_LOG.1"
    fi
}

# ---- Small tools -----------------------------------------------------------------------------

ok() { printf '  ok   %s\n' "$1"; }
step() { printf '  →    %s\n' "$1"; }
began() { BEGAN=$(date +%s); }
done_step() { printf '  →    %-62s %3s s\n' "$1" "$(($(date +%s) - BEGAN))"; }

die() {
    printf 'sotabox: %s\n' "$1" >&2
    [ $# -lt 2 ] || printf '  %s\n' "$2" >&2
    exit 1
}

# Runs "$2…" quietly; when it fails, shows the end of what it said and dies with the words $1.
logged() {
    words=$1 log=$(mktemp)
    shift
    "$@" </dev/null >"$log" 2>&1 9>&- || {
        tail -n 15 "$log" >&2
        die "$words" "The lines above say why; the whole log is $log."
    }
    rm -f "$log"
}

# Two runs at once would undo each other's work; the lock ends with the process, however it ends.
hold_lock() {
    exec 9>/run/lock/sotabox-install
    flock -n 9 || die "another install.sh is at work" "Wait until it has ended."
}

# The command line of process $1; empty when it is gone.
command_line() { { tr '\0' ' ' <"/proc/$1/cmdline"; } 2>/dev/null; }

absolute() {
    case $1 in /*) printf '%s' "${1%/}" ;; *) printf '%s/%s' "$(pwd)" "${1%/}" ;; esac
}

nearest_folder() {
    path=$1
    while [ ! -d "$path" ]; do path=$(dirname "$path"); done
    printf '%s' "$path"
}

# Gives file $1 the content of standard input and mode $2, whole or not at all.
replace() {
    cat >"$1.new"
    chmod "$2" "$1.new"
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
