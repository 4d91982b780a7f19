#!/usr/bin/env python3
"""Make a git repository of the reference application: its releases as commits and tags on `main`.

    examples/make_history.py OUT_DIR [--force]

Tags, oldest first: v1, one v2-<variant> for each bad variant, v2 (the head). The same source always gives the
same commit ids. A second run changes nothing; when the source has changed, the repository is made anew.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
APPLICATION, EARLIER = HERE / "proofile", HERE / "proofile_v1"
VARIANTS = ("never-healthy", "crash-after-a-minute", "two-percent-errors", "leaks-memory", "slow", "console-error")
DOCKERFILES = ("backend/Dockerfile", "frontend/Dockerfile")
GOOD = b"ARG RELEASE_VARIANT=good\n"
# fmt: off
EXCLUDED = frozenset({
    "node_modules", ".next", "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".venv", ".git",
    "dist", "coverage", "test-results", "playwright-report", "next-env.d.ts", ".env", ".DS_Store",
})
# fmt: on
EXCLUDED_SUFFIXES = (".pyc", ".tsbuildinfo", ".swp")
MARKER = "proofile-history.json"
FIRST_COMMIT, DAY = 1767603600, 86400  # 2026-01-05 09:00 UTC; each commit is a day later


class HistoryError(Exception):
    """The history cannot be made; the message says why and what to do."""


@dataclass(frozen=True)
class File:
    """One file of a tree: its content and whether it may be run."""

    content: bytes
    executable: bool


@dataclass(frozen=True)
class Release:
    """One commit and its tag; `tree` maps paths to files."""

    tag: str
    message: str
    tree: dict[str, File]


def listed_by_git(folder: Path) -> list[str]:
    """The folder's files that git tracks or would track; empty where git does not know the folder."""
    command = ["git", "-C", str(folder), "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "."]
    found = subprocess.run(command, capture_output=True, check=False)
    return found.stdout.decode().rstrip("\0").split("\0") if found.returncode == 0 and found.stdout else []


def listed_by_walk(folder: Path) -> Iterator[str]:
    """Every file below the folder, without descending into excluded folders."""
    for root, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in EXCLUDED]
        for name in names:
            yield (Path(root) / name).relative_to(folder).as_posix()


def read_tree(folder: Path) -> dict[str, File]:
    """The application's own files: what git lists where there is a repository, else what lies there."""
    tree = {}
    for path in sorted(listed_by_git(folder) or listed_by_walk(folder)):
        source = folder / path
        if EXCLUDED.intersection(path.split("/")) or path.endswith(EXCLUDED_SUFFIXES) or not source.exists():
            continue  # not the application's, or deleted and not yet committed
        if source.is_symlink():
            raise HistoryError(f"{source} is a symbolic link; the example holds plain files only")
        tree[path] = File(source.read_bytes(), os.access(source, os.X_OK))
    if not tree:
        raise HistoryError(f"{folder} holds no file; run this from a complete checkout or export")
    return tree


def replaced(tree: dict[str, File], path: str, old: bytes, new: bytes) -> dict[str, File]:
    """The tree with a text of one file exchanged; the text must be there."""
    if path not in tree or old not in tree[path].content:
        raise HistoryError(f"{path} does not contain {old.decode()!r}; adapt {EARLIER.name} or {Path(__file__).name}")
    return {**tree, path: File(tree[path].content.replace(old, new), tree[path].executable)}


def earlier_tree(tree: dict[str, File]) -> dict[str, File]:
    """The tree of v1, from that of v2 and the overlay; an overlay that no longer fits is an error."""
    overlay = json.loads((EARLIER / "overlay.json").read_text(encoding="utf-8"))
    substitutes = read_tree(EARLIER / "tree")
    unknown = sorted((set(overlay["absent"]) | set(substitutes)) - set(tree))
    if unknown:
        raise HistoryError(f"{EARLIER.name} names files that {APPLICATION.name} does not have: {', '.join(unknown)}")
    earlier = {path: file for path, file in tree.items() if path not in overlay["absent"]}
    earlier.update(substitutes)
    for path, (old, new) in overlay["replace"].items():
        earlier = replaced(earlier, path, old.encode(), new.encode())
    return earlier


def bad_tree(tree: dict[str, File], variant: str) -> dict[str, File]:
    """The tree whose images are of a bad variant."""
    for path in DOCKERFILES:
        tree = replaced(tree, path, GOOD, GOOD.replace(b"good", variant.encode()))
    return tree


def releases(tree: dict[str, File]) -> list[Release]:
    """All releases, oldest first."""
    bad = [Release(f"v2-{variant}", f"ProoFile 2.0.0 candidate, variant {variant}", bad_tree(tree, variant)) for variant in VARIANTS]
    first = Release("v1", "ProoFile 1.0.0: profiles, dashboard, web vitals", earlier_tree(tree))
    return [first, *bad, Release("v2", "ProoFile 2.0.0: profiles say who is available", tree)]


def digest(history: list[Release]) -> str:
    """One value for everything that ends in the repository."""
    whole = hashlib.sha256()
    for release in history:
        whole.update(f"{release.tag}\0{release.message}\0".encode())
        for path, file in sorted(release.tree.items()):
            content = hashlib.sha256(file.content).hexdigest()
            whole.update(f"{path}\0{int(file.executable)}\0{content}\0".encode())
    return whole.hexdigest()


class Repository:
    """A git repository of our own; no configuration, hook or variable of the machine reaches it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def git(self, *arguments: str, at: int = FIRST_COMMIT) -> str:
        """Run git at a given moment; its output."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        environment.update(GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_NOSYSTEM="1", GIT_CEILING_DIRECTORIES=str(self.folder.parent))
        for role in ("AUTHOR", "COMMITTER"):
            environment.update(
                {f"GIT_{role}_NAME": "ProoFile team", f"GIT_{role}_EMAIL": "team@proofile.dev", f"GIT_{role}_DATE": f"{at} +0000"}
            )
        command = ["git", "-C", str(self.folder), "-c", f"core.hooksPath={os.devnull}", *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise HistoryError(f"`git {' '.join(arguments)}` failed in {self.folder}: {done.stderr.strip()}")
        return done.stdout.strip()

    def commit(self, release: Release, at: int) -> None:
        """Make the work tree exactly the release's, commit and tag it."""
        for entry in self.folder.iterdir():
            if entry.name != ".git":
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        for path, file in release.tree.items():
            target = self.folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.content)
            target.chmod(0o755 if file.executable else 0o644)
        self.git("add", "--all", "--force")
        self.git("commit", "--quiet", "--allow-empty", "--message", release.message, at=at)
        self.git("tag", release.tag)


def recorded(out: Path) -> dict[str, str]:
    """What an earlier run recorded in the repository; empty where there is none."""
    marker = out / ".git" / MARKER
    if marker.is_file():
        found: dict[str, str] = json.loads(marker.read_text(encoding="utf-8"))
        return found
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise HistoryError(f"{out} exists and was not made by {Path(__file__).name}; name another folder")
    return {}


def tags_are_there(out: Path, history: list[Release]) -> bool:
    """Whether every tag still stands."""
    try:
        present = Repository(out).git("tag", "--list").split()
    except HistoryError:
        return False
    return all(release.tag in present for release in history)


def build(out: Path, history: list[Release], source: str) -> None:
    """Make the repository beside its place, then put it there."""
    fresh, old = (out.with_name(f".{out.name}.{word}-{os.getpid()}") for word in ("new", "old"))
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    repository = Repository(fresh)
    repository.git("init", "--quiet", "--template=")
    repository.git("symbolic-ref", "HEAD", "refs/heads/main")
    repository.git("config", "core.autocrlf", "false")
    for number, release in enumerate(history):
        repository.commit(release, FIRST_COMMIT + number * DAY)
    (fresh / ".git" / MARKER).write_text(json.dumps({"source": source}) + "\n", encoding="utf-8")
    if out.exists():
        out.rename(old)
    fresh.rename(out)
    shutil.rmtree(old, ignore_errors=True)


def main(arguments: list[str]) -> int:
    """Make or keep the repository and say which."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, metavar="OUT_DIR")
    parser.add_argument("--force", action="store_true", help="make it anew even if nothing has changed")
    chosen = parser.parse_args(arguments)
    out = chosen.out.resolve()
    try:
        history = releases(read_tree(APPLICATION))
        source, before = digest(history), recorded(out)
        if before.get("source") == source and tags_are_there(out, history) and not chosen.force:
            print(f"{out}: up to date")
            return 0
        build(out, history, source)
        print(f"{out}: {'made anew, the source has changed' if before else 'made'}")
        print(Repository(out).git("log", "--reverse", "--format=%h  %s (%D)", "main"))
    except (HistoryError, OSError) as error:
        print(f"make_history: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
