# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import builtins

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.io.eyes.browser import (
    BrowserSettings,
    find_executable,
    open_browser,
)


def test_without_playwright_the_message_says_what_to_install(monkeypatch):
    real = builtins.__import__

    def without(name, *rest):
        if name.startswith("playwright"):
            raise ImportError("No module named 'playwright'")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(InputError, match=r"requirements/controller\.txt"), open_browser(BrowserSettings()):
        pass


def test_a_browser_that_is_not_there_is_named():
    with pytest.raises(InputError, match=r"no firefox on the probe \| where: /nowhere/firefox"):
        find_executable(BrowserSettings("firefox", "/nowhere/firefox"))
