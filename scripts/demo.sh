#!/usr/bin/env bash
# The demo's story: the reference application has two good releases and some bad ones. v1 becomes the release that is there;
# then v2, which brings a migration, goes through the whole train up to a computed decision.
set -euo pipefail
# shellcheck source=lib/common.sh
. "$(dirname "$0")/lib/common.sh"
use_venv
cd "$root"

begun=$SECONDS
home=${STAGEGATE_HOME:-$HOME/.local/state/stagegate}
play() { ansible-playbook -i inventories/demo "$@"; }
chapter() { printf '\n\033[1m%s\033[0m\n' "$*"; }

chapter "Chapter 1: the application's history, a git repository with two good releases and four bad ones"
mkdir -p -m 700 "$home"
v1() { git -C "$home/proofile.git" rev-parse --verify --quiet v1 2>/dev/null || true; }
anew() {
    say "$1: the demo's stack, data and records are made anew"
    scripts/clean --stack
    mkdir -p -m 700 "$home"
    python examples/make_history.py "$home/proofile.git"
}
verified() { python scripts/lib/verified.py "$home/proofile" "$(v1)" || return $?; }
was=$(v1)
python examples/make_history.py "$home/proofile.git"
[ -z "$was" ] || [ "$was" = "$(v1)" ] || anew "the demo application is another one than when the demo was last here"

standing=0
verified || standing=$?
# Its images were pruned, and a newer release has migrated the database: v1 cannot be deployed on it any more.
[ "$standing" -ne 2 ] || anew "the images of v1 are gone"
if [ "$standing" -eq 0 ]; then
    chapter "Chapter 2: release v1 is verified already, it is the one to go back to"
else
    chapter "Chapter 2: release v1 goes through the train as far as the smoke test; from then on there is one to go back to"
    play playbooks/staging.yml -e stagegate_release_ref=v1 -e stagegate_until=smoke
fi

chapter "Chapter 3: four teams look at release v2 and sign"
play playbooks/sign_off.yml -e stagegate_release_ref=v2 -e @examples/sign_offs.yml

chapter "Chapter 4: release v2, with a migration, through all six phases, a rollback drill, and the decision"
play playbooks/staging.yml -e stagegate_release_ref=v2 "$@"

cat <<TEXT

The demo took $((SECONDS - begun)) s. The application is there to be used:
    http://localhost:3000   user demo@proofile.dev, password in $home/secrets/seed
    http://localhost:8000/docs
Go on with:
    ansible-playbook -i inventories/demo playbooks/report_status.yml
    ansible-playbook -i inventories/demo playbooks/roll_back.yml
    ansible-playbook -i inventories/demo playbooks/staging.yml -e stagegate_release_variant=console-error
    make clean   (removes the stack, its data and its records)
TEXT
