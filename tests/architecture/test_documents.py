"""What documents say about the policy is made from the policy."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_readme_and_policy_page_agree_with_the_policy() -> None:
    checked = subprocess.run([sys.executable, "scripts/policy_docs", "--check"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_readme_names_every_playbook_role_and_document_that_there_is() -> None:
    readme = (ROOT / "README.md").read_text()
    playbooks = {path.stem for path in (ROOT / "playbooks").glob("*.yml")}
    assert [name for name in sorted(playbooks) if name not in readme] == []
    assert [path.name for path in (ROOT / "roles").iterdir() if path.name not in readme] == []
