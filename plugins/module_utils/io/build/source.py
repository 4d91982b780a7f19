# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The source of a release: a commit of a git repository, exported. A work tree is never deployed."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import dataclass

from ...core.errors import InputError
from ..system.command import Completed, Runner, must, run
from ..system.files import ensure_folder, write_json

GIT_TIMEOUT = 300.0


@dataclass(frozen=True)
class SourceFacts:
    """What git says about a commit. `dirty` holds status lines of a work tree that stands at this commit."""

    commit: str
    release: str
    on_main: bool
    dirty: tuple[str, ...]


class Repository:
    """A git repository: a folder on this host, or an address of which a mirror is kept in the state folder."""

    def __init__(self, address: str, state_dir: str, runner: Runner = run) -> None:
        self.address = address
        self.remote = not os.path.isdir(address)
        name = hashlib.sha256(address.encode()).hexdigest()[:16]
        self.path = os.path.join(state_dir, "source", f"mirror-{name}.git") if self.remote else address
        self._run = runner

    def fetch(self) -> None:
        """Bring the mirror up to date; a local repository is used as it is. CommandError when it cannot be reached."""
        if not self.remote:
            return
        todo = "check the address and the credentials of this host"
        if os.path.isdir(self.path):
            done = self._git("fetch", "--prune", "--force", self.address, "+refs/*:refs/*")
            must(done, f"cannot fetch {_safe(self.address)}", todo)
            return
        ensure_folder(os.path.dirname(self.path))
        scratch = tempfile.mkdtemp(prefix=".mirror-", dir=os.path.dirname(self.path))
        try:
            argv = ["git", "clone", "--quiet", "--mirror", "--", self.address, scratch]
            done = self._run(argv, timeout=GIT_TIMEOUT, env={"GIT_TERMINAL_PROMPT": "0"})
            must(done, f"cannot clone {_safe(self.address)}", todo)
            os.replace(scratch, self.path)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def resolve(self, ref: str) -> str:
        """The full commit that a branch, tag or commit id names. InputError when the repository does not know it."""
        if not ref or ref.startswith("-"):
            raise InputError(f"{ref!r} is no git reference", where=_safe(self.address))
        for name in (ref, f"refs/remotes/origin/{ref}"):
            done = self._git("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
            if done.ok:
                return done.stdout.strip()
        self._check()
        known = self._git("for-each-ref", "--format=%(refname:short)", "--count=20", "refs/heads", "refs/tags").stdout.split()
        raise InputError(
            f"the repository does not know {ref!r}",
            where=_safe(self.address),
            why=f"no branch, tag or commit of that name; it has {', '.join(known) or 'no branch'}",
            todo="push the commit, or correct the reference",
        )

    def facts(self, ref: str, main: str) -> SourceFacts:
        """Resolve the reference and hold the commit against the main branch and the work tree."""
        commit = self.resolve(ref)
        on_main = self._git("merge-base", "--is-ancestor", commit, self.resolve(main)).ok
        return SourceFacts(commit, commit[:12], on_main, self._dirty(commit))

    def export(self, commit: str, target: str) -> None:
        """Write the tree of the commit into `target`, whole or not at all."""
        ensure_folder(os.path.dirname(target))
        scratch = tempfile.mkdtemp(prefix=".export-", dir=os.path.dirname(target))
        try:
            archive, tree = os.path.join(scratch, "tree.tar"), os.path.join(scratch, "tree")
            os.mkdir(tree, 0o755)
            must(self._git("archive", "--format=tar", "--output", archive, commit), f"cannot export {commit[:12]}")
            unpack = ["tar", "-xf", archive, "-C", tree, "--no-same-owner"]
            must(self._run(unpack, timeout=GIT_TIMEOUT), "cannot unpack the export")
            shutil.rmtree(target, ignore_errors=True)
            os.replace(tree, target)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def _dirty(self, commit: str) -> tuple[str, ...]:
        """What differs in a work tree whose HEAD is the commit; a bare repository and another HEAD have nothing to differ."""
        if self.remote or self._git("rev-parse", "--is-bare-repository").stdout.strip() != "false":
            return ()
        if self._git("rev-parse", "--verify", "--quiet", "HEAD").stdout.strip() != commit:
            return ()
        done = self._git("status", "--porcelain", "--untracked-files=normal")
        must(done, "cannot compare the work tree with the commit")
        return tuple(line for line in done.stdout.splitlines() if line)

    def _check(self) -> None:
        done = self._git("rev-parse", "--git-dir")
        if not done.ok:
            raise InputError("there is no git repository", where=_safe(self.address), why=done.stderr.strip()[-300:])

    def _git(self, *arguments: str) -> Completed:
        # Owned by another user (a checkout mounted into a container): reading it is all that happens here.
        argv = ["git", "-c", "safe.directory=*", "-C", self.path, *arguments]
        return self._run(argv, timeout=GIT_TIMEOUT, env={"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"})


def exported_commit(target: str) -> str:
    """The commit whose export stands in `target`, empty when there is none."""
    try:
        with open(f"{target}.json", encoding="utf-8") as stream:
            marker = json.load(stream)
        return str(marker["commit"]) if os.path.isdir(target) else ""
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def mark_exported(target: str, commit: str) -> None:
    """Note beside the export which commit it is: written last, so that a killed export is made again."""
    write_json(f"{target}.json", {"commit": commit})


def _safe(address: str) -> str:
    """The address without credentials."""
    scheme, separator, rest = address.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}" if separator else address
