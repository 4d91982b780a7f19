# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Mail and delivery against a real server on the loopback interface, and against its faults."""

from __future__ import annotations

import socketserver
import threading

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError, ServiceError
from ansible_collections.proofile.stagegate.plugins.module_utils.io.alerts.alert_delivery import Sender, channels_of, tell, undelivered
from ansible_collections.proofile.stagegate.plugins.module_utils.io.alerts.alert_probe import AlertSink
from ansible_collections.proofile.stagegate.plugins.module_utils.io.web.mail import MailServer, send_mail

SENDER = Sender("shop", "r-1", "1a2b3c4d5e6f")
OPEN = {
    "id": 1,
    "name": "soak.cpu",
    "group": "",
    "severity": "warning",
    "summary": "hot",
    "description": "",
    "since": 1e9,
    "fired_at": 1e9 + 60,
}
FIRING, OVER = {**OPEN, "resolved_at": None}, {**OPEN, "resolved_at": 1e9 + 600}


class Server:
    """Speaks enough SMTP; `answers` overrides what it says to a command."""

    def __init__(self, **answers):
        self.mails, outer = [], self

        class Session(socketserver.StreamRequestHandler):
            def handle(self):
                self.wfile.write(b"220 test\r\n")
                for line in self.rfile:
                    word = line[:4].upper().decode().strip()
                    if word == "DATA" and "DATA" not in answers:
                        self.wfile.write(b"354 go on\r\n")
                        text = b""
                        while not text.endswith(b"\r\n.\r\n"):
                            text += self.rfile.readline()
                        outer.mails.append(text.decode())
                    default = "250-ok\r\n250 AUTH PLAIN" if word == "EHLO" else "250 ok"
                    self.wfile.write(f"{answers.get(word, default)}\r\n".encode())

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_failure):
        self._server.shutdown()
        self._server.server_close()


def sent(server, **more):
    return send_mail(MailServer("127.0.0.1", server.port, **more), "soak@example.com", ["a@example.com", "b@example.com"], "hot", "it is")


def test_a_mail_arrives_with_its_subject_its_people_and_its_id():
    with Server() as server:
        send_mail(
            MailServer("127.0.0.1", server.port),
            "soak@example.com",
            ["a@example.com"],
            "hot\r\nBcc: x@example.com",
            "it is",
            "1.2@example.com",
        )
    (mail,) = server.mails
    assert "Subject: hot Bcc: x@example.com" in mail  # one line of text, and no header of its own
    assert "Message-ID: <1.2@example.com>" in mail
    assert "it is" in mail


@pytest.mark.parametrize(
    "answers", [{"MAIL": "451 later"}, {"RCPT": "550 nobody"}, {"DATA": "554 no"}, {"EHLO": "421 busy", "HELO": "421 busy"}]
)
def test_a_server_that_does_not_take_the_mail_is_an_error(answers):
    with Server(**answers) as server, pytest.raises(ServiceError, match="the mail was not taken"):
        sent(server)


def test_no_server_is_an_error_that_names_the_place():
    with pytest.raises(ServiceError) as caught:
        send_mail(MailServer("127.0.0.1", 9, timeout=1), "a@example.com", ["b@example.com"], "x", "y")
    assert caught.value.where == "127.0.0.1:9"


def test_a_password_is_in_no_message_even_where_the_server_repeats_it():
    with Server(AUTH="535 wrong canary-7788 is no password") as server, pytest.raises(ServiceError) as caught:
        sent(server, user="soak", password="canary-7788")
    assert "canary-7788" not in str(caught.value)
    assert "canary-7788" not in repr(MailServer("h", password="canary-7788"))


def test_a_password_is_not_sent_over_an_open_line():
    with pytest.raises(InputError, match="open line"):
        send_mail(MailServer("mail.example.com", user="a", password="b"), "a@example.com", ["b@example.com"], "x", "y")


def test_a_goodbye_that_goes_wrong_does_not_send_the_mail_again():
    with Server(QUIT="500 what") as server:
        sent(server)
    assert len(server.mails) == 1


def test_a_server_without_starttls_is_refused_where_it_is_asked_for():
    with Server() as server, pytest.raises(ServiceError):
        sent(server, starttls=True)
    assert server.mails == []


@pytest.mark.parametrize("address", ["nobody", "a b@example.com", "a@example.com\nBcc: c@example.com"])
def test_an_address_that_is_none_is_refused(address):
    with pytest.raises(InputError, match="no mail address"):
        send_mail(MailServer("127.0.0.1"), "a@example.com", [address], "x", "y")


def test_each_event_is_told_once_to_each_channel_and_kept_after_each():
    heard, told, kept = [], {}, []
    channels = {name: lambda message, name=name: heard.append((name, message["state"])) for name in ("webhook", "mail")}
    for incidents in ([FIRING], [FIRING], [OVER], [OVER]):
        tell(incidents, told, channels, SENDER, lambda: 5.0, lambda: kept.append(len(heard)))
    assert heard == [("webhook", "firing"), ("mail", "firing"), ("webhook", "resolved"), ("mail", "resolved")]
    assert kept == [1, 2, 3, 4]
    assert undelivered(told) == 0


def test_a_channel_that_fails_is_tried_again_and_keeps_no_other_from_being_told():
    heard, told, broken = [], {}, [True]

    def shaky(_message):
        if broken[0]:
            raise ServiceError("the webhook answered 503", why="later")
        heard.append("webhook")

    channels = {"webhook": shaky, "mail": lambda _message: heard.append("mail")}
    tell([FIRING], told, channels, SENDER, lambda: 5.0, lambda: None)
    assert (heard, undelivered(told)) == (["mail"], 1)
    assert told["1.firing.webhook"] == {"tries": 1, "why": "the webhook answered 503: later"}
    broken[0] = False
    tell([FIRING], told, channels, SENDER, lambda: 5.0, lambda: None)
    assert (heard, undelivered(told)) == (["mail", "webhook"], 0)


def test_the_webhook_gets_one_document_with_an_id_that_stays():
    with AlertSink() as sink:
        tell([FIRING], {}, channels_of({"webhook_url": f"http://127.0.0.1:{sink.port}/x"}), SENDER, lambda: 5.0, lambda: None)
    assert '"id": "r-1.1.firing"' in sink.bodies[0]
    assert '"release": "1a2b3c4d5e6f"' in sink.bodies[0]


@pytest.mark.parametrize(
    ("notify", "said"),
    [
        ({"webhook": "http://x"}, "unknown key"),
        ({"mail": {"from": "a@example.com", "to": ["b@example.com"]}}, "host is missing"),
        ({"mail": {"host": "h", "from": "a@example.com", "to": []}}, "somebody who gets it"),
        ({"mail": {"host": "h", "to": ["b@example.com"]}}, "from is missing"),
    ],
)
def test_a_channel_that_cannot_be_meant_is_refused(notify, said):
    with pytest.raises(InputError, match=said):
        channels_of(notify)


def test_nobody_is_a_choice():
    assert channels_of({"webhook_url": "", "mail": {}}) == {}
