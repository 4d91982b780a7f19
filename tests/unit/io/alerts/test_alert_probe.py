# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError, ServiceError
from ansible_collections.proofile.stagegate.plugins.module_utils.io.alerts.alert_probe import AlertSink, through_receiver, through_sink
from ansible_collections.proofile.stagegate.plugins.module_utils.io.web.webhook import post_json

ALERT = {"title": "test", "marker": "m-1"}


def test_an_alert_arrives_at_the_own_sink():
    seen = through_sink("", ALERT, "m-1", 5.0)
    assert (seen.received, seen.why) == (True, "")


def test_an_alert_with_another_marker_has_not_arrived():
    seen = through_sink("", ALERT, "m-2", 0.5)
    assert not seen.received
    assert "did not arrive within" in seen.why


def test_the_own_sink_listens_on_this_host_only():
    with pytest.raises(InputError, match="listens on this host only"):
        through_sink("https://hooks.example.com/x", ALERT, "m-1", 1.0)


def test_a_receiver_that_does_not_answer_has_not_received():
    seen = through_receiver("http://127.0.0.1:9/hook", "http://127.0.0.1:9/seen", ALERT, "m-1", 1.0)
    assert not seen.received
    assert "got no answer" in seen.why


def test_the_sink_keeps_what_it_is_sent():
    with AlertSink() as sink:
        assert post_json(f"http://127.0.0.1:{sink.port}/alerts", ALERT) == 204
        assert '"marker": "m-1"' in sink.bodies[0]


def test_the_secret_path_of_a_webhook_is_in_no_message():
    with AlertSink() as sink:
        sink._server.RequestHandlerClass.do_POST = lambda handler: handler.send_error(500)
        with pytest.raises(ServiceError) as caught:
            post_json(f"http://127.0.0.1:{sink.port}/T0/SECRET", ALERT)
    assert "SECRET" not in str(caught.value)
