"""The bundle is what the manifests list and what the browser loads first."""

from __future__ import annotations

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import EvidenceError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release import bundle


def test_assets_come_from_manifests_and_pages() -> None:
    listed = bundle.manifest_assets('{"pages": {"/": ["static/a.js", "server/b.js"]}, "x": [["static/c.css"]]}', "m")
    listed |= bundle.html_assets('<script src="/_next/static/d.js?v=1"></script>')
    assert listed == {"static/a.js", "static/c.css", "static/d.js"}
    assert bundle.compare(listed, ["static/a.js", "static/d.js"]).missing == ("static/c.css",)


def test_the_largest_first_load_is_taken() -> None:
    text = """[{"route": "/a", "firstLoadUncompressedJsBytes": 1, "firstLoadChunkPaths": []},
     {"route": "/b", "firstLoadUncompressedJsBytes": 2, "firstLoadChunkPaths": [".next/static/x.js", ".next/static/y.css"]}]"""
    assert bundle.first_load(text, "s") == bundle.FirstLoad("/b", ("static/x.js",))


@pytest.mark.parametrize("text", ["", "[]", "{}", '[{"route": "/"}]', "[" * 100_000])
def test_statistics_of_another_shape_are_refused(text: str) -> None:
    with pytest.raises(EvidenceError):
        bundle.first_load(text, "s")


def test_a_manifest_that_is_too_deep_is_refused() -> None:
    with pytest.raises(EvidenceError, match="nested deeper"):
        bundle.manifest_assets("[" * 50 + "]" * 50, "m")


def test_client_scripts_are_scripts_below_static() -> None:
    assert bundle.client_scripts({"static/a.js": 1, "static/a.js.map": 1, "server/b.js": 1}) == ("static/a.js",)
