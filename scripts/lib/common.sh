# shellcheck shell=bash
# Shared by the scripts beside it: how they speak, how they fail and how they get rights.
# Sourced, never run. A caller sets its own `set -euo pipefail`.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cache="$root/.cache"

# The tools of .venv first: ansible-lint and molecule look for their helpers on PATH.
use_venv() { export PATH="$root/.venv/bin:$PATH"; }

say() { printf '    %s\n' "$*"; }

# One message in the form every error of this project has: what, where, why, what to do.
die() {
    local what=$1 where=$2 why=$3 todo=$4
    printf '\nERROR  %s\n  where  %s\n  why    %s\n  do     %s\n' "$what" "$where" "$why" "$todo" >&2
    exit 1
}

# Root runs the command itself; anybody else goes through sudo, but only where sudo asks nothing.
have_rights() { [ "$(id -u)" -eq 0 ] || sudo -n true 2>/dev/null; }
as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n -- "$@"; fi; }

# "debian bookworm", "ubuntu noble", … from the only file all distributions agree on.
distribution() {
    # shellcheck disable=SC1091
    (. /etc/os-release && printf '%s %s\n' "${ID:-unknown}" "${VERSION_CODENAME:-unknown}")
}

# apt's lists may be missing (fresh image) or point at versions the mirror no longer has: refresh once per run.
apt_update_once() {
    [ -n "${STAGEGATE_APT_UPDATED:-}" ] && return 0
    # A third-party source that does not answer is no reason to stop: the install below says what is missing.
    as_root apt-get update -qq >>"$cache/apt.log" 2>&1 || true
    export STAGEGATE_APT_UPDATED=1
}

apt_install() {
    mkdir -p "$cache"
    apt_update_once
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -q --no-install-recommends "$@" >>"$cache/apt.log" 2>&1 ||
        die "cannot install the packages: $*" "apt-get install" \
            "$(grep -E '^E:' "$cache/apt.log" | tail -n 1)" \
            "read $cache/apt.log, repair the apt sources of this machine, start again"
}

# The Debian mirror this machine uses, as apt itself names it: no host is written in this project.
debian_keyring=/usr/share/keyrings/debian-archive-keyring.gpg
debian_mirror() {
    # shellcheck disable=SC2016
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Label: ${1:-Debian}" 2>/dev/null |
        sort -u | head -n 1
}
