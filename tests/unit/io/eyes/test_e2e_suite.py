# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import os
import stat

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import CommandError, InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.io.eyes.e2e_suite import (
    SuiteImage,
    SuiteRun,
    ensure_image,
    run_suite,
)
from ansible_collections.proofile.stagegate.plugins.module_utils.io.system.command import Completed

SUITE = SuiteRun("app-e2e", {"E2E_PASSWORD": "hunter2", "PLAYWRIGHT_BASE_URL": "http://x"}, "/app/test-results/e2e.xml")


class Engine:
    """Answers like docker: has or lacks the image, runs the suite, holds a report or none."""

    def __init__(self, image=True, report="<testsuites/>", rc=0, hangs=False):
        self.image, self.report, self.rc, self.hangs = image, report, rc, hangs
        self.calls = []
        self.environment = ""

    def __call__(self, argv, **_options):
        self.calls.append(list(argv))
        verb = argv[1]
        if verb == "image":
            return Completed(tuple(argv), 0 if self.image else 1, "", "")
        if verb == "create":
            path = argv[argv.index("--env-file") + 1]
            with open(path) as stream:
                self.environment = stream.read()
            self.mode = stat.S_IMODE(os.stat(path).st_mode)
        if verb == "start" and self.hangs:
            raise CommandError("docker start has not ended after 900 s")
        if verb == "cp" and self.report is not None:
            with open(argv[3], "w") as stream:
                stream.write(self.report)
        if verb == "start":
            return Completed(tuple(argv), self.rc, "password hunter2 typed", "")
        return Completed(tuple(argv), 0 if verb != "cp" or self.report is not None else 1, "", "")


def test_secrets_go_by_a_private_file_and_are_in_no_argument():
    engine = Engine()
    run_suite("app-e2e:1", SUITE, {"E2E_PASSWORD": "hunter2"}, runner=engine)
    assert engine.environment == "E2E_PASSWORD=hunter2\nPLAYWRIGHT_BASE_URL=http://x\n"
    assert engine.mode == 0o600
    assert "hunter2" not in str(engine.calls)


def test_what_is_kept_holds_no_secret(tmp_path):
    engine = Engine(report="<testsuites><!-- hunter2 --></testsuites>")
    outcome = run_suite("app-e2e:1", SUITE, {"E2E_PASSWORD": "hunter2"}, str(tmp_path), engine)
    kept = (tmp_path / "e2e.log").read_text() + (tmp_path / "e2e.xml").read_text() + outcome.said
    assert "hunter2" not in kept
    assert "***" in kept


def test_the_container_is_removed_before_and_after_whatever_happens():
    engine = Engine(report=None, hangs=True)
    outcome = run_suite("app-e2e:1", SUITE, {}, runner=engine)
    assert (outcome.exit_code, outcome.report) == (124, None)
    assert engine.calls[0][:3] == engine.calls[-1][:3] == ["docker", "rm", "--force"]


def test_an_image_that_is_there_is_not_built_again():
    engine = Engine()
    assert ensure_image(SuiteImage("app-e2e:1", "/src", "e2e"), engine) is False
    assert len(engine.calls) == 1


def test_a_missing_image_is_built_from_its_stage_with_the_build_secrets():
    engine = Engine(image=False)
    assert ensure_image(SuiteImage("app-e2e:1", "/src", "e2e", {"npmrc": "/s/npmrc"}), engine) is True
    argv = engine.calls[-1]
    assert argv[-1] == "/src"
    assert argv[argv.index("--target") : argv.index("--target") + 2] == ["--target", "e2e"]
    assert "id=npmrc,src=/s/npmrc" in argv


def test_a_missing_image_without_a_folder_is_an_error():
    with pytest.raises(InputError, match="no image"):
        ensure_image(SuiteImage("app-e2e:1"), Engine(image=False))


def test_a_value_of_two_lines_is_refused():
    with pytest.raises(InputError, match="does not fit"):
        run_suite("i", SuiteRun("c", {"A": "1\n2"}, "/r"), {}, runner=Engine())
