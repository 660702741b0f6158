#!/usr/bin/env bash
# What Cairn needs on this machine, installed when missing. Sourced by ./cairn and ./test; safe to run again.
# Every step says what it does and why; nothing is installed that is already there.
set -euo pipefail

say() { printf '%s\n' "cairn: $*" >&2; }
fail() { say "$*"; exit 1; }

# Debian package, header or tool that shows it is there, and why it is needed.
debian_needs=(
    "libsecp256k1-dev|/usr/include/secp256k1_recovery.h|signatures of wallets and transactions"
    "libssl-dev|/usr/include/openssl/evp.h|SHA-2, AES, scrypt and the other standard algorithms"
    "libsqlite3-dev|/usr/include/sqlite3.h|the durable store of the chain"
    "libmicrohttpd-dev|/usr/include/microhttpd.h|the HTTP server"
    "libwslay-dev|/usr/include/wslay/wslay.h|WebSocket frames"
    "libcurl4-openssl-dev|/usr/include/curl/curl.h /usr/include/x86_64-linux-gnu/curl/curl.h /usr/include/aarch64-linux-gnu/curl/curl.h|the HTTP client"
    "zlib1g-dev|/usr/include/zlib.h|compressed data sets"
    "pkg-config|/usr/bin/pkg-config|finding those libraries when building"
)

need_swift() {
    command -v swift >/dev/null || fail "Swift is not on the PATH. Install Swift 6.2 or later from swift.org, then run this again."
    local version
    version=$(swift --version 2>/dev/null | grep -oE 'Swift version [0-9]+\.[0-9]+' | grep -oE '[0-9]+\.[0-9]+' | head -n 1)
    local major=${version%%.*} minor=${version##*.}
    if [ "${major:-0}" -lt 6 ] || { [ "$major" -eq 6 ] && [ "$minor" -lt 2 ]; }; then
        fail "Swift ${version:-of an unknown version} is too old: the manifest needs 6.2 or later. Update the toolchain."
    fi
}

need_debian_packages() {
    [ "$(uname -s)" = Linux ] || return 0
    local missing=() entry package files why file found
    for entry in "${debian_needs[@]}"; do
        IFS='|' read -r package files why <<<"$entry"
        found=""
        for file in $files; do [ -e "$file" ] && found=yes; done
        [ -n "$found" ] || { missing+=("$package"); say "missing: $package ($why)"; }
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null || fail "install these with your package manager, then run this again: ${missing[*]}"
    local root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || fail "installing needs root: run 'apt-get install ${missing[*]}' as root, then this again."
        say "installing needs root; sudo may ask for your password"
        root=(sudo)
    fi
    say "installing ${missing[*]}"
    "${root[@]}" apt-get update -qq || say "apt-get update failed; trying with the lists that are there"
    DEBIAN_FRONTEND=noninteractive "${root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null \
        || fail "apt-get could not install ${missing[*]}; its words are above."
}

# The Python side: only for building contracts and for tests that drive real clients.
need_python() {
    command -v python3 >/dev/null || fail "python3 (3.11 or later) is not on the PATH; install it, then run this again."
    if [ ! -x .venv/bin/python ]; then
        say "making a Python virtual environment in .venv (contract compiler and test clients; nothing outside this folder)"
        python3 -m venv .venv 2>/dev/null || fail "python3 -m venv failed; on Debian install python3-venv, then run this again."
    fi
    need_python_packages requirements.txt
}

# The machine learning tools whose files are read and written: about 1 GB, for tests and benchmarks alone.
need_frameworks() { need_python_packages requirements-frameworks.txt --extra-index-url https://download.pytorch.org/whl/cpu; }

# need_python_packages FILE [OPTION...]: what FILE lists, in .venv. The options are for a second try, when the usual index lacks a package.
need_python_packages() {
    local file=$1 wanted stamp
    shift
    wanted=$(cksum <"$file")
    stamp=.venv/${file%.txt}.cksum
    [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ] || return 0
    say "installing the Python packages of $file into .venv (a few minutes the first time)"
    local pip=(.venv/bin/pip install -q --disable-pip-version-check -r "$file")
    if [ $# -gt 0 ]; then "${pip[@]}" 2>/dev/null || "${pip[@]}" "$@"; else "${pip[@]}"; fi \
        || fail "pip could not install $file; its words are above."
    printf '%s' "$wanted" >"$stamp"
}

# Builds the command line in release; the compiler's words are shown only when it fails.
build_release() {
    say "building in release (some minutes the first time, seconds afterwards)"
    local log
    log=$(mktemp)
    if ! swift build -c release --product cairn >"$log" 2>&1; then
        grep -E 'error:|warning: .*pkg-config|not found' "$log" >&2 || tail -n 30 "$log" >&2
        rm -f "$log"
        fail "the build failed; the first errors are above."
    fi
    rm -f "$log"
}
