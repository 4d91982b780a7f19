"""Promises of the tooling: what is pinned, documented, linked and never named."""

from __future__ import annotations

import ast
import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WORDS = "setup demo test lint types unit arch sanity molecule integration build bench mutation clean help".split()
PLUGINS = ROOT / "plugins"
TEXT = {".py", ".yml", ".yaml", ".md", ".toml", ".txt", ".cfg", ".sh", ".json", ".ts", ".tsx", ".js", ".mjs", ".rst", ".j2", ""}


def own_files() -> list[Path]:
    """What a commit would hold: tracked files and new ones that git does not ignore."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, check=True, capture_output=True).stdout.decode().split("\0")
    paths = (ROOT / name for name in sorted(set(listed)) if name)
    return [path for path in paths if path.is_file() and not path.is_symlink()]


def requirement_lines(name: str) -> list[str]:
    lines = (line.strip() for line in (ROOT / "requirements" / name).read_text().splitlines())
    return [line for line in lines if line and not line.startswith(("#", "-r"))]


def requirement_names(name: str) -> set[str]:
    return {line.split("==")[0].strip() for line in requirement_lines(name)}


@pytest.mark.parametrize("name", ["controller.txt", "development.txt", "constraints.txt"])
def test_every_requirement_is_pinned_to_one_version(name):
    loose = [line for line in requirement_lines(name) if not re.match(r"^[\w.\-]+==[\w.]+( ; .+)?$", line)]
    assert not loose


def test_every_requirement_is_explained_in_the_documentation():
    explained = set(re.findall(r"^\| ([\w.\-]+) \|", (ROOT / "docs" / "dependencies.md").read_text(), re.MULTILINE))
    wanted = requirement_names("controller.txt") | requirement_names("development.txt")
    assert not wanted - explained


def test_no_requirement_is_explained_that_is_gone():
    text = (ROOT / "docs" / "dependencies.md").read_text()
    sections = re.findall(r"^## `requirements/(\w+\.txt)`.*?\n(.*?)(?=^## )", text, re.MULTILINE | re.DOTALL)
    assert {name for name, _ in sections} == {"controller.txt", "development.txt"}
    for name, section in sections:
        named = set(re.findall(r"^\| ([\w.\-]+) \|", section, re.MULTILINE)) - {"package", "---"}
        assert named == requirement_names(name)


def test_every_collection_that_is_installed_is_explained():
    tree = ast.parse((ROOT / "scripts" / "install_collections").read_text())
    assigned = {node.targets[0].id: node.value for node in tree.body if isinstance(node, ast.Assign)}
    text = (ROOT / "docs" / "dependencies.md").read_text()
    missing = [name for name in ast.literal_eval(assigned["COLLECTIONS"]) if f"| {name} |" not in text]
    assert not missing


@pytest.mark.parametrize(
    ("link", "target"),
    [("collections/ansible_collections/proofile/stagegate", "../../.."), ("playbooks/collections", "../collections")],
)
def test_the_links_that_make_a_checkout_a_collection_are_there_and_tracked(link, target):
    assert os.readlink(ROOT / link) == target
    ignored = subprocess.run(["git", "-C", str(ROOT), "check-ignore", "-q", link], check=False)
    assert ignored.returncode == 1


def test_the_link_leads_to_this_checkout():
    link = ROOT / "collections" / "ansible_collections" / "proofile" / "stagegate"
    assert link.resolve() == ROOT


def test_every_word_of_the_makefile_is_in_its_help():
    shown = subprocess.run(["make", "-C", str(ROOT), "--no-print-directory", "help"], check=True, capture_output=True, text=True)
    assert sorted(re.findall(r"^  make (\w+)", shown.stdout, re.MULTILINE)) == sorted(WORDS)


def test_every_word_but_help_and_clean_implies_setup():
    text = (ROOT / "Makefile").read_text()
    rules = dict(re.findall(r"^([a-z]+):([^#\n]*)", text, re.MULTILINE))
    lacking = [word for word in WORDS if word not in ("help", "clean", "setup", "test") and "setup" not in rules[word].split()]
    assert not lacking
    assert rules["test"].split() == "lint types unit arch sanity molecule integration".split()


def test_ci_says_the_same_word_as_a_developer():
    assert re.search(r"^make test\b", (ROOT / ".ci" / "run").read_text(), re.MULTILINE)


def test_no_registry_host_and_no_path_of_a_machine_is_named():
    # Put together here, so that this file does not name them either.
    hosts = ["pypi" + r"\.org", "python" + r"hosted\.org", "registry" + r"\.npmjs", "deb\\.debian" + r"\.org"]
    paths = ["/" + r"work/(main|shared|\.library)", "/root/" + r"\.pyenv", "/opt/" + "(pypi|wheels)"]
    forbidden = re.compile("|".join(hosts + paths))
    found = []
    for path in own_files():
        # A lock file holds the addresses that npm itself writes; it is checked by the next test.
        if path.suffix not in TEXT or path.name == "package-lock.json":
            continue
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            if forbidden.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    assert not found, "\n".join(found)


def test_no_lock_file_names_where_its_packages_came_from():
    locks = [path for path in own_files() if path.name == "package-lock.json"]
    found = [str(path.relative_to(ROOT)) for path in locks if '"resolved": "http' in path.read_text()]
    assert not found


def test_scripts_can_be_run_and_stop_at_errors():
    scripts = [path for path in (ROOT / "scripts").iterdir() if path.is_file()] + [ROOT / ".ci" / "run"]
    for path in scripts:
        text = path.read_text()
        if not text.startswith("#!"):
            continue
        assert os.access(path, os.X_OK), f"{path} lacks the run bit"
        if "bash" in text.splitlines()[0]:
            assert re.search(r"^set -e?uo pipefail$", text, re.MULTILINE), f"{path} goes on after an error"


def test_what_only_a_checkout_needs_stays_out_of_the_artifact():
    ignored = yaml.safe_load((ROOT / "galaxy.yml").read_text())["build_ignore"]
    assert {"collections", "playbooks/collections", ".cache", ".venv", "tests"} <= set(ignored)


def imports_of(tree: ast.Module) -> list[str]:
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.append(node.module or "")
    return names


def test_plugins_import_each_other_by_relative_paths():
    # import-linter cannot follow the absolute name where the collection is installed under another root.
    found = [
        str(path.relative_to(ROOT))
        for path in sorted(PLUGINS.rglob("*.py"))
        if any(name.split(".")[0] == "ansible_collections" for name in imports_of(ast.parse(path.read_text())))
    ]
    assert not found


# What import-linter does not see: parts of a package, and calls.
IMPURE_IMPORTS = {"urllib.request", "urllib.error", "os", "pathlib", "random", "secrets", "getpass", "platform"}
IMPURE_CALLS = {
    "open",
    "print",
    "input",
    "eval",
    "exec",
    "compile",
    "__import__",
    "now",
    "utcnow",
    "today",
    "getenv",
    "uuid1",
    "uuid4",
}


def impurities(tree: ast.Module) -> list[str]:
    found = [name for name in imports_of(tree) if name in IMPURE_IMPORTS]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            name = called.id if isinstance(called, ast.Name) else ""
            # `re.compile` is not the builtin; `datetime.now` is a clock under any name.
            if isinstance(called, ast.Attribute) and called.attr in {"now", "utcnow", "today", "getenv", "uuid1", "uuid4"}:
                name = called.attr
            if name in IMPURE_CALLS:
                found.append(f"{name}() in line {node.lineno}")
    return found


def test_the_core_has_no_clock_no_files_and_no_evaluation():
    found = {}
    for path in sorted((PLUGINS / "module_utils" / "core").rglob("*.py")):
        if impure := impurities(ast.parse(path.read_text())):
            found[path.name] = impure
    assert not found


def test_the_purity_check_sees_what_it_must_see():
    impure = ast.parse("import os\nfrom datetime import datetime\nx = datetime.now()\ny = open('f')\nz = re.compile('a')\n")
    assert impurities(impure) == ["os", "now() in line 3", "open() in line 4"]
