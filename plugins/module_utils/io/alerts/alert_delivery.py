# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Telling people about alerts: once when one fires, once when it is over, to each channel.

What was told is remembered beside the alerts, so that a second look, a second controller and a new start tell nothing again. A message
that could not be delivered is tried again at the next look. It is remembered after it was sent: a process that dies between the two
tells twice, and both messages carry the same id.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional

from ...core.errors import InputError, StagegateError
from ...core.fields import Fields
from ...core.text import plain
from ...core.times import rfc3339
from ..web.mail import MailServer, send_mail
from ..web.webhook import post_json

FIRING, RESOLVED = "firing", "resolved"
TRIES_LIMIT = 20
Channel = Callable[[Mapping[str, Any]], None]
_MAIL_KEYS = ("host", "port", "starttls", "user", "password", "from", "to", "timeout_seconds", "ca_file")


@dataclass(frozen=True)
class Sender:
    """Who tells: application, run and release stand in every message."""

    application: str
    run: str
    release: str


def channels_of(given: Optional[Mapping[str, Any]]) -> dict[str, Channel]:
    """Read {webhook_url, mail: {host, from, to, ...}} into channels by name. InputError for what cannot be meant."""
    fields = Fields(given or {}, "notify", ("webhook_url", "mail"))
    found: dict[str, Channel] = {}
    url = fields.text("webhook_url")
    if url:
        found["webhook"] = _webhook(url)
    if fields.given.get("mail"):
        found["mail"] = _mail(Fields(fields.given["mail"], "notify.mail", _MAIL_KEYS))
    return found


def tell(
    incidents: Sequence[Mapping[str, Any]],
    told: MutableMapping[str, Any],
    channels: Mapping[str, Channel],
    sender: Sender,
    now: Callable[[], float],
    keep: Callable[[], None],
) -> None:
    """Deliver what was not delivered yet; `told` remembers by `<id>.<event>.<channel>`, `keep` writes it down after each message."""
    for incident in incidents:
        events = [FIRING] if incident["resolved_at"] is None else [FIRING, RESOLVED]
        for event in events:
            for name, channel in channels.items():
                key = f"{incident['id']}.{event}.{name}"
                before = told.get(key) or {"tries": 0}
                if before.get("at") or before["tries"] >= TRIES_LIMIT:
                    continue
                told[key] = _try(channel, message_of(incident, event, sender), before["tries"] + 1, now)
                keep()


def undelivered(told: Mapping[str, Any]) -> int:
    """How many messages did not arrive."""
    return sum(not each.get("at") for each in told.values())


def message_of(incident: Mapping[str, Any], event: str, sender: Sender) -> dict[str, Any]:
    """The message as it goes to a webhook; its `id` is the same for every channel and for every try."""
    at = incident["fired_at"] if event == FIRING else incident["resolved_at"]
    return {
        "id": f"{sender.run}.{incident['id']}.{event}",
        "title": plain(f"{sender.application}: {incident['name']} {event}", 200),
        "text": plain(incident.get("summary", ""), 500),
        "description": plain(incident.get("description", ""), 1000),
        "alert": incident["name"],
        "group": incident["group"],
        "severity": incident["severity"],
        "state": event,
        "since": rfc3339(incident["since"]),
        "at": rfc3339(at),
        "application": sender.application,
        "run": sender.run,
        "release": sender.release,
    }


def _try(channel: Channel, message: Mapping[str, Any], tries: int, now: Callable[[], float]) -> dict[str, Any]:
    try:
        channel(message)
    except StagegateError as error:
        # A message that does not arrive is counted; it never stops the soak.
        return {"tries": tries, "why": plain(f"{error.what}: {error.why}" if error.why else error.what, 200)}
    return {"tries": tries, "at": round(now(), 3)}


def _webhook(url: str) -> Channel:
    def send(message: Mapping[str, Any]) -> None:
        post_json(url, message)

    return send


def _mail(fields: Fields) -> Channel:
    recipients = fields.texts("to")
    sender = str(fields.required("from", "say who sends it"))
    if not recipients:
        raise InputError("a mail needs somebody who gets it", where=fields.at("to"))
    server = MailServer(
        host=str(fields.required("host", "name the mail server")),
        port=fields.whole("port", 25),
        starttls=fields.flag("starttls"),
        user=fields.text("user"),
        password=fields.text("password"),
        timeout=fields.weight("timeout_seconds", 10.0),
        ca_file=fields.text("ca_file") or None,
    )

    def send(message: Mapping[str, Any]) -> None:
        lines = [message["text"], "", message["description"], ""]
        lines += [f"{name}: {message[name]}" for name in ("state", "severity", "since", "at", "application", "release", "run")]
        domain = sender.rpartition("@")[2]
        send_mail(server, sender, recipients, f"[{message['severity']}] {message['title']}", "\n".join(lines), f"{message['id']}@{domain}")

    return send
