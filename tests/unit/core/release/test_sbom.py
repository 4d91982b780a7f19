"""The bill of materials says what the files of the image say, and is the same for the same image."""

from __future__ import annotations

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.sbom import Component, components_of, document, wanted

DPKG = """Package: libc6
Status: install ok installed
Version: 2.36-9

Package: gone
Status: deinstall ok config-files
Version: 1
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("./var/lib/dpkg/status", "deb"),
        ("opt/venv/lib/python3.11/site-packages/fastapi-1.dist-info/METADATA", "pypi"),
        ("app/node_modules/next/package.json", "npm"),
        ("app/node_modules/@next/env/package.json", "npm"),
        ("app/node_modules/next/dist/package.json", ""),
        ("app/package.json", ""),
    ],
)
def test_package_files_are_known_by_their_path(path: str, kind: str) -> None:
    assert wanted(path) == kind


def test_only_installed_debian_packages_are_components() -> None:
    assert components_of("deb", DPKG) == [Component("deb", "libc6", "2.36-9")]


def test_python_and_node_packages_come_with_their_licence() -> None:
    assert components_of("pypi", "Name: Flask_Login\nVersion: 1\nLicense: MIT\n\nName: not this")[0].purl == "pkg:pypi/flask-login@1"
    assert components_of("npm", '{"name": "@next/env", "version": "16", "license": "MIT"}')[0].purl == "pkg:npm/%40next/env@16"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"name": 1, "version": 2}'])
def test_a_file_that_cannot_be_read_names_nothing(text: str) -> None:
    assert components_of("npm", text) == []


def test_the_same_image_gives_the_same_document() -> None:
    parts = [Component("npm", "b", "1"), Component("deb", "a", "1", "MIT"), Component("npm", "b", "1")]
    first, second = document("app:1", "sha256:x", parts), document("app:1", "sha256:x", reversed(parts))
    assert first == second
    assert (first["bomFormat"], first["specVersion"], len(first["components"])) == ("CycloneDX", "1.5", 2)
