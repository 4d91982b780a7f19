"""A real short soak that is watched: the agent tells people by itself, once, and whoever looks sees the same."""

from __future__ import annotations

import json
import socketserver
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from engine_client import docker, until

from ansible_collections.proofile.stagegate.plugins.module_utils.io.alerts.alert_probe import AlertSink
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.soak_control import SoakControl
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.soak_files import SoakFolder, soak_folder
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.soak_jobs import JobJournal
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.soak_watch import SoakWatch

RUN, PROJECT = "r-20261123T101500Z-1a2b3c4d5e6f", "stagegate-test-watch"
PLAN = {"run": RUN, "duration_seconds": 600, "interval_seconds": 0.5, "slow_seconds": 1, "projects": [PROJECT]}
GATE = {
    "criteria": [
        {"id": "soak.there", "sli": "container.watched", "agg": "min", "pass": ">= 0 count", "alert": "< 1 count for 1 s", "key": True},
        {"id": "soak.restarts", "sli": "container.restarts", "each": "container", "pass": "== 0 count"},
        {"id": "soak.cpu", "sli": "host.cpu", "agg": "p(95)", "pass": "<= 100 pct", "alert": "> 100 pct for 5 min"},
        {"id": "soak.duration", "sli": "soak.duration", "pass": ">= 10 min"},
    ]
}


class Mailbox:
    """A mail server on the loopback interface that takes everything, and keeps it."""

    def __init__(self) -> None:
        mails = self.mails = []

        class Session(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self.wfile.write(b"220 test\r\n")
                for line in self.rfile:
                    word = line[:4].upper()
                    if word == b"DATA":
                        self.wfile.write(b"354 go on\r\n")
                        text = b""
                        while not text.endswith(b"\r\n.\r\n"):
                            text += self.rfile.readline()
                        mails.append(text.decode())
                    self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]

    def __enter__(self) -> Mailbox:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_failure: object) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def container() -> Iterator[str]:
    labels = ["--label", f"com.docker.compose.project={PROJECT}", "--label", "com.docker.compose.service=worker"]
    docker("run", "--detach", "--init", "--name", PROJECT, *labels, "debian:bookworm-slim", "sleep", "600")
    yield PROJECT
    docker("rm", "--force", PROJECT)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[SoakFolder]:
    found = soak_folder(str(tmp_path), RUN)
    yield found
    SoakControl(found).stop()


def said(sink: AlertSink) -> list[tuple[str, str]]:
    return [(message["alert"], message["state"]) for message in map(json.loads, sink.bodies)]


def test_a_soak_is_watched_and_told_about(tmp_path: Path, folder: SoakFolder, container: str) -> None:
    control, watch = SoakControl(folder), SoakWatch(folder, str(tmp_path))
    with AlertSink() as sink, Mailbox() as mailbox:
        control.start(PLAN, {})
        about = {"application": "shop", "release": "1a2b3c4d5e6f", "run": RUN, "phase": "soak", "gate": GATE, "fail_early": True}
        mail = {"host": "127.0.0.1", "port": mailbox.port, "from": "soak@example.com", "to": ["on-call@example.com"]}
        jobs = [{"name": "probe", "every_seconds": 4, "first_seconds": 1}]
        alerts = {"policy": "test", "step_seconds": 0.5}
        watch.set({**about, "jobs": jobs, "alerts": alerts}, {"webhook_url": f"http://127.0.0.1:{sink.port}/canary-path", "mail": mail})

        # A job becomes due, is waited for, is run; the next one is missed because nobody comes.
        watch.wait(30, until_job=True)
        (due,) = watch.look()["due"]
        assert due == {"name": "probe", "slot": 0}
        JobJournal(folder, time.time).append("ended", "probe", 0)
        assert watch.look()["due"] == []
        assert watch.look()["lost"] == []

        # Nobody looks: it is the agent that tells.
        docker("stop", "--time", "0", container)
        assert until(lambda: ("soak.there", "firing") in said(sink) and len(mailbox.mails) == 1, 15), folder.json("alerts.json")
        docker("start", container)
        assert until(lambda: ("soak.there", "resolved") in said(sink) and len(mailbox.mails) == 2, 15), folder.json("alerts.json")

        # Whoever looks now, and however often, sees the same, and nothing is told again.
        for someone in (watch, SoakWatch(folder, str(tmp_path)), SoakWatch(folder, str(tmp_path))):
            found = someone.look()
            assert found["alerts"]["fired"] == 1
            assert found["missed"] >= 1
            (loss,) = found["lost"]
            assert "soak.restarts can no longer pass: container.restarts of container" in loss
        assert said(sink) == [("soak.there", "firing"), ("soak.there", "resolved")]
        assert len(mailbox.mails) == 2

    assert "Subject: [critical] shop: soak.there firing" in mailbox.mails[0]
    assert "soak.there: 0.0, less than 1 for 1 s" in mailbox.mails[0]
    values = {(item["sli"], tuple(item["labels"].values())): item["value"] for item in found["measurements"]}
    assert values["soak.alerts", ("critical",)] == 1
    assert values["soak.alerts_undelivered", ()] == 0
    assert values["soak.jobs_missed", ("probe",)] == found["missed"]
    assert "alert" in found["lines"][0] and "missed" in found["lines"][0]
    assert all(len(line) <= 120 for line in found["lines"])
    # The address of the webhook is a secret, and stands in its own file for the owner only.
    holding = [path.name for path in Path(folder.path).iterdir() if b"canary-path" in path.read_bytes()]
    assert holding == ["notify.json"]
    assert Path(folder.file("notify.json")).stat().st_mode & 0o077 == 0
