# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sending a mail: plain text by SMTP, with STARTTLS and a login where the server wants them. Standard library only."""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Optional

from ...core.errors import InputError, ServiceError
from ...core.text import plain

LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed in; `timeout` is seconds for connecting and for each answer. The password is in no message and no repr."""

    host: str
    port: int = 25
    starttls: bool = False
    user: str = ""
    password: str = field(default="", repr=False)
    timeout: float = 10.0
    ca_file: Optional[str] = None


def send_mail(server: MailServer, sender: str, recipients: Sequence[str], subject: str, text: str, message_id: str = "") -> None:
    """Hand a mail in. ServiceError when the server does not take it for every recipient; InputError for addresses that are none."""
    _check(server, sender, recipients)
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, ", ".join(recipients), plain(subject, 200)
    if message_id:
        message["Message-ID"] = f"<{plain(message_id, 200)}>"
    message.set_content(text)
    where = f"{server.host}:{server.port}"
    try:
        refused = _hand_in(server, message)
    except smtplib.SMTPAuthenticationError as error:
        # What the server says to a wrong password may repeat it.
        raise ServiceError("the mail server refused the login", where=where, why=f"it answered {error.smtp_code}") from None
    except (OSError, smtplib.SMTPException) as error:
        raise ServiceError("the mail was not taken", where=where, why=plain(error, 200) or type(error).__name__) from error
    if refused:
        raise ServiceError("the mail was not taken for everybody", where=where, why=f"{refused} of {len(recipients)} refused")


def _check(server: MailServer, sender: str, recipients: Sequence[str]) -> None:
    for address in (sender, *recipients):
        if "@" not in address or any(letter.isspace() or not letter.isprintable() for letter in address):
            raise InputError(f"{plain(address, 60)!r} is no mail address", todo="write it like on-call@example.com")
    if not recipients:
        raise InputError("a mail needs somebody who gets it", where="to")
    if server.user and not server.starttls and server.host not in LOOPBACK:
        raise InputError("a password is not sent over an open line", where=server.host, todo="set starttls: true")


def _hand_in(server: MailServer, message: EmailMessage) -> int:
    """Hand the mail in; how many people it was refused for. What goes wrong after it was taken is no failure: it would be sent again."""
    smtp = smtplib.SMTP(server.host, server.port, timeout=server.timeout)
    try:
        if server.starttls:
            smtp.starttls(context=ssl.create_default_context(cafile=server.ca_file))
        if server.user:
            smtp.login(server.user, server.password)
        refused = smtp.send_message(message)
        with contextlib.suppress(OSError, smtplib.SMTPException):
            smtp.quit()
        return len(refused)
    finally:
        smtp.close()
