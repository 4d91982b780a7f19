"""The version is one and the same everywhere."""

from pathlib import Path

from app import VERSION


def test_package_and_application_have_the_same_version() -> None:
    text = (Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8")
    assert f'\nversion = "{VERSION}"\n' in text
