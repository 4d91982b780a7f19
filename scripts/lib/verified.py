"""verified.py STATE_DIR COMMIT: exit code 0 when the ledger says that this release is good and its images are still there.

2 when it is good and the images are gone (pruned, or removed by hand), 1 when it is not known as good.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "collections"))

from ansible_collections.proofile.stagegate.plugins.module_utils.core.ledger.releases import release_history
from ansible_collections.proofile.stagegate.plugins.module_utils.io.ledger.ledger_file import LedgerFile


def images_exist(record: dict) -> bool:
    """True when the engine has every image that was recorded with the release."""
    images = [image["id"] for image in record.get("images", {}).values()]
    found = subprocess.run(["docker", "image", "inspect", "--format", "ok", *images], capture_output=True, check=False)
    return bool(images) and found.returncode == 0


def main(state_dir: str, commit: str) -> int:
    """Look the release up; anything that is unknown is a no."""
    if not (Path(state_dir) / "ledger.jsonl").is_file():
        return 1
    known = {release.release: release for release in release_history(LedgerFile(state_dir).entries())}
    release = known.get(commit[:12])
    if not release or not release.good:
        return 1
    return 0 if images_exist(release.record) else 2


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
