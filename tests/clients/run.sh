#!/usr/bin/env bash
# Proves that real clients can use the embedded venue and receive what `variance` itself shows.
#
#   tests/clients/run.sh PATH_TO_VARIANCE
#
# Starts `variance demo`, reads the same symbols with `variance quote`, with the official dxLink JavaScript client and with the
# Python SDK for tastytrade, and compares. Installs the pinned clients under target/ (needs node >= 20, npm and
# python >= 3.11; PYTHON names another interpreter). The last line is `N passed, N failed`; exit code 0 only when nothing failed.
set -euo pipefail

fail() {
    echo "run.sh: $*" >&2
    exit 1
}

[[ $# -eq 1 ]] || fail "usage: run.sh PATH_TO_VARIANCE"
[[ -x $1 && -f $1 ]] || fail "$1 is not an executable file"
variance="$(cd "$(dirname "$1")" && pwd)/$(basename "$1")"
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
cache="${CARGO_TARGET_DIR:-$here/../../target}/clients"
mkdir -p "$cache"
cache="$(cd "$cache" && pwd)"
out="$cache/run"
rm -rf "$out"
mkdir -p "$out/home"
: >"$out/venue.stdout"

symbols=(SPY AAPL /ES)
export TT_CLIENT_SECRET=x TT_REFRESH_TOKEN=x
export NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
unset TT_CLIENT_ID TT_CLIENT_ID_FILE TT_CLIENT_SECRET_FILE TT_REFRESH_TOKEN_FILE VARIANCE_CONFIG

install_js() {
    local js="$cache/js"
    mkdir -p "$js"
    if ! cmp -s "$here/js/package-lock.json" "$js/installed"; then
        cp "$here/js/package.json" "$here/js/package-lock.json" "$js/"
        (cd "$js" && npm ci --silent --no-audit --no-fund) || fail "npm could not install the dxLink client"
        cp "$js/package-lock.json" "$js/installed"
    fi
    cp "$here/js/client.mjs" "$js/"
}

install_python() {
    local venv="$cache/python"
    if ! cmp -s "$here/python/requirements.txt" "$venv/installed"; then
        rm -rf "$venv"
        "${PYTHON:-python3}" -m venv "$venv" || fail "python could not create a virtual environment"
        "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/python/requirements.txt" ||
            fail "pip could not install the SDK"
        cp "$here/python/requirements.txt" "$venv/installed"
    fi
}

venue=""
stop_venue() {
    [[ -n $venue ]] || return 0
    kill "$venue" 2>/dev/null || true
    for _ in {1..50}; do
        kill -0 "$venue" 2>/dev/null || break
        sleep 0.1
    done
    kill -KILL "$venue" 2>/dev/null || true
    wait "$venue" 2>/dev/null || true
    venue=""
}
trap stop_venue EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# A home of its own: neither the configuration nor the stored values of whoever runs this may take part.
isolated=(env -C "$out/home" "HOME=$out/home" "XDG_CONFIG_HOME=$out/home" "XDG_DATA_HOME=$out/home"
    "XDG_CACHE_HOME=$out/home" "XDG_STATE_HOME=$out/home")

# Prints the venue's address once it has been announced.
announced_url() {
    for _ in {1..150}; do
        grep -Eom1 'http://127\.0\.0\.1:[0-9]+' "$out/venue.stdout" && return 0
        kill -0 "$venue" 2>/dev/null || break
        sleep 0.1
    done
    return 1
}

# Runs a client into NAME.json; a failure leaves no document and its message on stderr, and is counted by the comparison.
collect() {
    local name=$1
    shift
    if ! timeout --foreground 60 "$@" >"$out/$name.json" 2>"$out/$name.stderr"; then
        rm -f "$out/$name.json"
        echo "run.sh: $name failed:" >&2
        tail -n 20 "$out/$name.stderr" >&2
    fi
}

install_js
install_python

"${isolated[@]}" "$variance" demo --seed 7 >"$out/venue.stdout" 2>"$out/venue.stderr" &
venue=$!
if ! url="$(announced_url)"; then
    tail -n 20 "$out/venue.stderr" >&2
    kill -0 "$venue" 2>/dev/null && fail "the venue announced no address within 15 s"
    fail "the venue stopped before it announced an address"
fi

collect variance "${isolated[@]}" "API_BASE_URL=$url" "$variance" quote "${symbols[@]}" --json
collect js node "$cache/js/client.mjs" "$url" "${symbols[@]}"
collect python "$cache/python/bin/python" "$here/python/client.py" "$url" "${symbols[@]}"

stop_venue
"$cache/python/bin/python" "$here/compare.py" "$out/variance.json" "dxlink-api=$out/js.json" "tastytrade=$out/python.json"
