# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The declared load as a locustfile: an open model on locust's users, one JSON line on its output for every request.

Workers hand their lines to the master, wherever they are, and the master prints them: it alone is listened to. A worker whose master is
gone ends, and so does what has lost its parent: nothing is sent that nobody counts. The journeys are walked by the sources of this
collection, so that requests and expectations are those of the built-in load.
"""

from __future__ import annotations

import json

from .load_table import SECRETS_VARIABLE, table_of
from .soak_plan import Load

PART_VARIABLE = "STAGEGATE_LOAD_PART"  # "2/3": this process sends the third of three shares
KEY_VARIABLE = "STAGEGATE_LOAD_KEY"  # 64 hex digits: master and workers speak to those alone who have the same one
STARTER_VARIABLE = "STAGEGATE_LOAD_STARTER"  # the process id of what started the program, and without which it ends
PATIENCE_VARIABLE = "STAGEGATE_LOAD_PATIENCE"  # seconds after which the master begins with those workers that have come

_FILE = r'''# Made from the plan of the soak; changes are lost. Secret values come by the environment.
import json
import os
import sys
import time

import gevent
import gevent.queue
from locust import FastHttpUser, events, task
from locust.runners import STATE_INIT, STATE_RUNNING, MasterRunner, WorkerRunner

sys.path.append(@SOURCES@)
from @PACKAGE@.core.eyes.api_journey import Csrf, Step, failures_of, prepare, saved_from, without_secrets

TABLE = json.loads(@TABLE@)
SECRETS = json.loads(os.environ.pop("@SECRETS@", "{}"))
SHARE, SHARES = (int(part) for part in os.environ.get("@PART@", "0/1").split("/"))
KEY = os.environ.pop("@KEY@", "")
PATIENCE = float(os.environ.get("@PATIENCE@", "0"))
LATE = 1.0  # seconds
BATCH = 0.2  # seconds between two words of a worker to its master
SILENCE = 4.0  # seconds after which a master or a worker that says nothing is gone; shorter than the pause before the next start
PARENT = os.getppid()
STARTER = int(os.environ.get("@STARTER@", "0"))  # has the parent died before this was read, init seems to be the parent
due = gevent.queue.Queue(maxsize=TABLE["users"] * 8)
cookies = {}
worker = None  # the runner, where this process is a worker
unsaid = []  # what a worker has not handed to its master yet


def say(**record):
    if worker:
        unsaid.append(record)
    else:
        tell(record)


def tell(record):
    try:
        os.write(1, (json.dumps(record) + "\n").encode())
    except OSError:
        leave("nobody listens any more")


def leave(why):
    """End at once: nothing may be sent that nobody counts."""
    try:
        os.write(2, (why + "\n").encode())
    finally:
        os._exit(1)


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


def lives(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True


def watch_parent():
    while os.getppid() == PARENT and (not STARTER or lives(STARTER)):
        gevent.sleep(0.5)
    leave("what started it is gone")


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
    say(ready=True, part=SHARE)
    gevent.spawn(schedule)
    while SESSION:
        gevent.sleep(TABLE["session"]["every"] * SHARES)
        log_in(client)


def seal():
    """Let the sockets of locust speak to those alone who have the key, and so that nobody else can read it."""
    import zmq
    from locust.rpc import zmqrpc
    from zmq.utils import z85

    secret = z85.encode(bytes.fromhex(KEY))
    public = zmq.curve_public(secret)
    plain = zmqrpc.BaseSocket.__init__

    def sealed(self, kind, *more, **most):
        plain(self, kind, *more, **most)
        if kind == zmq.ROUTER:
            self.socket.curve_server, self.socket.curve_publickey, self.socket.curve_secretkey = True, public, secret
        else:
            self.socket.curve_publickey, self.socket.curve_secretkey = zmq.curve_keypair()
            self.socket.curve_serverkey = public

    zmqrpc.BaseSocket.__init__ = sealed


def hand_over(**_more):
    """Give the master what was said; that nothing was is a word, too."""
    records, unsaid[:] = list(unsaid), []
    try:
        worker.send_message("stagegate", {"part": SHARE, "records": records})
    except Exception as error:
        leave(f"the master cannot be told: {error}")


def hand_over_often():
    while True:
        gevent.sleep(BATCH)
        hand_over()


def watch_master():
    beat, heard = None, time.monotonic()
    while time.monotonic() - heard < SILENCE:
        gevent.sleep(0.5)
        if worker.last_heartbeat_timestamp != beat:
            beat, heard = worker.last_heartbeat_timestamp, time.monotonic()
    leave("the master is silent")


class Workers:
    """The workers as their master hears of them."""

    def __init__(self, environment):
        self.runner, self.options = environment.runner, environment.parsed_options
        self.heard = {}  # when, by part
        self.begun = set()

    def listen(self, environment, msg, **_more):
        if msg.node_id not in self.runner.clients:
            return
        part = msg.data["part"]
        if part in self.begun and part not in self.heard:
            tell({"ready": True, "part": part})
        self.heard[part] = time.monotonic()
        for record in msg.data["records"]:
            if "ready" in record:
                self.begun.add(part)
            tell(record)

    def wait(self):
        """Begin with those that have come, when the others do not."""
        gevent.sleep(PATIENCE)
        came, wanted = len(self.runner.clients.ready), self.options.expect_workers
        if self.runner.state == STATE_INIT and came < wanted:
            tell({"note": f"{wanted - came} of {wanted} workers of the load did not come within {PATIENCE:.0f} s"})
            self.options.expect_workers = max(1, came)

    def watch(self):
        idle = 0
        while True:
            gevent.sleep(0.5)
            for part in [part for part, at in self.heard.items() if time.monotonic() - at > SILENCE]:
                del self.heard[part]
                tell({"gone": True, "part": part})
            if self.begun and not self.heard:
                leave("all workers are gone")  # locust would never begin again
            # A worker that came while users were handed out got none.
            idle = idle + 1 if self.runner.state == STATE_RUNNING and self.runner.clients.ready else 0
            if idle > 2 * SILENCE:
                idle = 0
                self.runner.start(self.runner.target_user_count, self.runner.spawn_rate)


if KEY:
    seal()
gevent.spawn(watch_parent)


@events.init.add_listener
def watched(environment, runner, **_more):
    global worker
    if isinstance(runner, WorkerRunner):
        worker = runner
        events.test_stop.add_listener(hand_over)
        events.quitting.add_listener(hand_over)
        gevent.spawn(hand_over_often)
        gevent.spawn(watch_master)
    elif isinstance(runner, MasterRunner):
        workers = Workers(environment)
        runner.register_message("stagegate", workers.listen)
        gevent.spawn(workers.watch)
        if PATIENCE:
            gevent.spawn(workers.wait)


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
        "@KEY@": KEY_VARIABLE,
        "@PATIENCE@": PATIENCE_VARIABLE,
        "@STARTER@": STARTER_VARIABLE,
        "@TABLE@": repr(json.dumps(table_of(load))),
    }
    text = _FILE
    for place, value in parts.items():
        text = text.replace(place, value, 1)
    return text


def lone_words(script: str, load: Load) -> list[str]:
    """What the program is called with to send the whole load by itself."""
    users = str(load.workers)
    return ["--locustfile", script, "--loglevel", "ERROR", "--headless", "--only-summary", "--users", users, "--spawn-rate", users]


def master_words(script: str, load: Load, bind: str, port: int) -> list[str]:
    """What it is called with to be the master of the load's workers."""
    where = ["--master", "--master-bind-host", bind, "--master-bind-port", str(port), "--expect-workers", str(load.senders)]
    return [*lone_words(script, load), *where]


def worker_words(script: str, master: str, port: int) -> list[str]:
    """What it is called with to be a worker."""
    return ["--locustfile", script, "--loglevel", "ERROR", "--worker", "--master-host", master, "--master-port", str(port)]
