# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The declared load as a locustfile: an open model on locust's users, one JSON line on its output for every request.

The journeys are walked by the sources of this collection, so that requests and expectations are those of the built-in load.
"""

from __future__ import annotations

import json

from .load_table import SECRETS_VARIABLE, table_of
from .soak_plan import Load

PART_VARIABLE = "STAGEGATE_LOAD_PART"  # "2/3": this process sends the third of three shares

_FILE = r'''# Made from the plan of the soak; changes are lost. Secret values come by the environment.
import json
import os
import sys
import time

import gevent
import gevent.queue
from locust import FastHttpUser, events, task
from locust.runners import MasterRunner

sys.path.append(@SOURCES@)
from @PACKAGE@.core.eyes.api_journey import Csrf, Step, failures_of, prepare, saved_from, without_secrets

TABLE = json.loads(@TABLE@)
SECRETS = json.loads(os.environ.pop("@SECRETS@", "{}"))
SHARE, SHARES = (int(part) for part in os.environ.get("@PART@", "0/1").split("/"))
LATE = 1.0  # seconds
PARENT = os.getppid()
due = gevent.queue.Queue(maxsize=TABLE["users"] * 8)
cookies = {}


def say(**record):
    try:
        os.write(1, (json.dumps(record) + "\n").encode())
    except OSError:
        os._exit(1)  # nobody listens any more: nothing may be sent that nobody counts


def steps_of(rows):
    return [Step(**{**row, "csrf": Csrf(**row["csrf"]) if row["csrf"] else None, "expect": tuple(row["expect"])}) for row in rows]


JOURNEYS = [(entry["base_url"], steps_of(entry["steps"])) for entry in TABLE["journeys"]]
SESSION = steps_of(TABLE["session"]["steps"])


def send(client, base_url, step, saved, jar):
    request = prepare(step, saved, SECRETS, jar)
    headers = {"Accept": "application/json, text/html;q=0.9, */*;q=0.5", "User-Agent": "proofile-stagegate", **request.headers}
    if jar:
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in jar.items())
    client.client.cookiejar.clear()
    with client.request(
        request.method, base_url + request.path, name=step.name, data=request.body, headers=headers, catch_response=True,
        allow_redirects=step.method in ("GET", "HEAD"),
    ) as answer:
        answer.success()  # what is a failure is said below
        for cookie in client.client.cookiejar:
            jar[cookie.name] = (cookie.value or "").strip('"')
        return answer.status_code or 0, answer.text or ""


def walk(client, base_url, steps, saved, jar, late, scheduled):
    for number, step in enumerate(steps):
        began = time.monotonic()
        status, wrong = 0, []
        try:
            status, text = send(client, base_url, step, saved, jar)
            wrong = failures_of(step, status, text) if status else [f"{step.name}: no answer"]
            saved.update(saved_from(step, text))
        except Exception as error:
            wrong = [f"{step.name}: {type(error).__name__}: {error}"]
        seconds = time.monotonic() - began
        stands_for = (len(steps) - number if wrong else 1) if scheduled else 0
        say(seconds=seconds + late, spent=seconds, status=status, due=stands_for, text=without_secrets("".join(wrong[:1]), SECRETS)[:300])
        if wrong:
            return False
        late = 0.0
    return True


def log_in(client):
    fresh = {}
    if walk(client, TABLE["session"]["base_url"], SESSION, {}, fresh, 0.0, False):
        cookies.clear()
        cookies.update(fresh)


def schedule():
    """Hand out the journeys of this share when they are due; what cannot be handed out in time is said to be dropped."""
    number, began = SHARE, time.monotonic()
    while True:
        at = began + number / TABLE["journeys_per_second"]
        wait = at - time.monotonic()
        gevent.sleep(max(0.0, wait))
        chosen = TABLE["order"][number % len(TABLE["order"])]
        unsent = wait < -LATE
        try:
            due.put_nowait((at, chosen, number))
        except gevent.queue.Full:
            unsent = True
        if unsent:
            say(dropped=len(JOURNEYS[chosen][1]))
        number += SHARES


def watch_parent():
    while os.getppid() == PARENT:
        gevent.sleep(0.5)
    os._exit(1)


class Sender(FastHttpUser):
    host = TABLE["session"]["base_url"]
    connection_timeout = network_timeout = TABLE["timeout"]
    max_retries = 0

    @task
    def journey(self):
        at, chosen, number = due.get()
        base_url, steps = JOURNEYS[chosen]
        saved = {"unique": f"{int(time.time() * 1000):x}-{number}"}
        walk(self.client, base_url, steps, saved, cookies, max(0.0, time.monotonic() - at), True)


def begin(environment):
    client = Sender(environment).client
    if SESSION:
        log_in(client)
    say(ready=True)
    gevent.spawn(schedule)
    while SESSION:
        gevent.sleep(TABLE["session"]["every"] * SHARES)
        log_in(client)


@events.init.add_listener
def watched(environment, **_more):
    gevent.spawn(watch_parent)


@events.test_start.add_listener
def started(environment, **_more):
    if not isinstance(environment.runner, MasterRunner):
        gevent.spawn(begin, environment)
'''


def locust_file(load: Load, sources: str, package: str) -> str:
    """The file as text; `sources` is the folder or zip file in which the modules of `package` are found."""
    parts = {
        "@SOURCES@": json.dumps(sources),
        "@PACKAGE@": package,
        "@SECRETS@": SECRETS_VARIABLE,
        "@PART@": PART_VARIABLE,
        "@TABLE@": repr(json.dumps(table_of(load))),
    }
    text = _FILE
    for place, value in parts.items():
        text = text.replace(place, value, 1)
    return text
