# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The declared load as a script for k6: an open model by its constant-arrival-rate executor."""

from __future__ import annotations

import json

from .load_table import SECRETS_VARIABLE, table_of
from .soak_plan import Load

BATCH = 1000  # journeys in one unit of time: whole nanoseconds then differ from the rate by less than 1 in 10^9
# It ends when the soak does: the longest soak lasts 14 days.
LONGEST = "340h"
REQUEST, READY, DROPPED = "stagegate_request", "stagegate_ready", "dropped_iterations"

_SCRIPT = r"""// Made from the plan of the soak; changes are lost. Secret values come by the environment.
import http from 'k6/http';
import exec from 'k6/execution';
import { Counter, Trend } from 'k6/metrics';

const TABLE = @TABLE@;
const SECRETS = JSON.parse(__ENV.@SECRETS@ || '{}');
const requests = new Trend('@REQUEST@');
const ready = new Counter('@READY@');

export const options = {
  scenarios: { load: @SCENARIO@ },
  systemTags: [],
  userAgent: 'proofile-stagegate',
  setupTimeout: '60s',
};

function at(document, path) {
  let here = document;
  for (const part of path.split('.').filter((piece) => piece !== '')) {
    if (here === null || typeof here !== 'object' || !Object.prototype.hasOwnProperty.call(here, part)) return undefined;
    here = here[part];
  }
  return here;
}

function same(one, other) {
  if (one === null || other === null || typeof one !== 'object' || typeof other !== 'object') return one === other;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => other[key] !== undefined && same(one[key], other[key]));
}

function text(template, saved, encode) {
  return template.replace(/\{([a-z_][a-z0-9_]*)\}/g, (_all, name) => {
    if (saved[name] === undefined) throw new Error('nothing was saved under ' + name);
    return encode ? encodeURIComponent(saved[name]) : String(saved[name]);
  });
}

function named(given, name, kind) {
  if (given[name] === undefined) throw new Error('no ' + kind + ' value is called ' + name);
  return given[name];
}

function filled(value, saved) {
  if (typeof value === 'string') return text(value, saved, false);
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((entry) => filled(entry, saved));
  const keys = Object.keys(value);
  if (keys.length === 1 && keys[0] === 'secret') return named(SECRETS, value.secret, 'secret');
  if (keys.length === 1 && keys[0] === 'saved') return named(saved, value.saved, 'saved');
  return Object.fromEntries(keys.map((key) => [key, filled(value[key], saved)]));
}

function send(baseUrl, step, saved, cookies) {
  const headers = { Accept: 'application/json, text/html;q=0.9, */*;q=0.5' };
  for (const name of Object.keys(step.headers)) headers[name] = text(step.headers[name], saved, false);
  let body = null;
  if (step.body !== null) {
    body = JSON.stringify(filled(step.body, saved));
    headers['Content-Type'] = headers['Content-Type'] || 'application/json';
  }
  if (step.csrf && cookies[step.csrf.cookie] !== undefined) headers[step.csrf.header] = cookies[step.csrf.cookie];
  const jar = Object.keys(cookies).map((name) => name + '=' + cookies[name]).join('; ');
  if (jar) headers.Cookie = jar;
  const follow = step.method === 'GET' || step.method === 'HEAD' ? 5 : 0;
  // An empty jar: the cookies are sent as the header above, the same for all hosts of the application.
  const options = { headers, timeout: TABLE.timeout * 1000, redirects: follow, jar: new http.CookieJar(), responseType: 'text' };
  return http.request(step.method, baseUrl + text(step.path, saved, true), body, options);
}

// What is wrong with an answer ('' for nothing); what the step saves goes into `saved`.
function failure(step, answer, saved) {
  if (answer.status === 0) return 'no answer: ' + (answer.error_code || 'unknown');
  if (step.expect.indexOf(answer.status) < 0) return 'answered ' + answer.status + ' instead of ' + step.expect.join(' or ');
  if (step.expect_text && (answer.body || '').indexOf(step.expect_text) < 0) return 'the answer lacks a text';
  const wanted = Object.keys(step.expect_json), kept = Object.keys(step.save);
  if (!wanted.length && !kept.length && !step.expect_present.length) return '';
  let document;
  try { document = JSON.parse(answer.body); } catch (_error) { return 'the answer is no JSON'; }
  for (const path of wanted) if (!same(at(document, path), step.expect_json[path])) return path + ' is another one';
  for (const path of step.expect_present) if (at(document, path) === undefined) return 'the answer has no ' + path;
  for (const name of kept) {
    const value = at(document, step.save[name]);
    if (value === undefined) return 'the answer has no ' + step.save[name];
    if (typeof value !== 'object') saved[name] = value;
  }
  return '';
}

// `due`: for how many requests of the schedule this one stands; the steps after one that fails are not sent.
function walk(baseUrl, steps, saved, cookies, scheduled) {
  for (let number = 0; number < steps.length; number += 1) {
    const step = steps[number], began = Date.now();
    let wrong = '', answer = { status: 0 };
    try {
      answer = send(baseUrl, step, saved, cookies);
      for (const name of Object.keys(answer.cookies || {})) {
        const cookie = answer.cookies[name][0];
        if (cookie.max_age < 0) delete cookies[name]; else cookies[name] = cookie.value;
      }
      wrong = failure(step, answer, saved);
    } catch (error) {
      wrong = String(error.message || error).slice(0, 200);
    }
    const spent = answer.timings;
    const seconds = answer.status ? (spent.duration + spent.blocked + spent.connecting + spent.tls_handshaking) / 1000
      : (Date.now() - began) / 1000;
    const due = scheduled ? (wrong ? steps.length - number : 1) : 0;
    requests.add(seconds, { due: String(due), status: String(answer.status || 0), text: wrong ? step.name + ': ' + wrong : '' });
    if (wrong) return false;
  }
  return true;
}

export function setup() {
  const cookies = {};
  if (TABLE.session.steps.length) walk(TABLE.session.base_url, TABLE.session.steps, {}, cookies, false);
  ready.add(1);
  return { cookies, at: Date.now() };
}

let own = null;

export default function (begun) {
  // Users of k6 share nothing. Each renews its login in turn, so that all of them log in as often as one that they shared.
  const turn = TABLE.session.every * 1000;
  if (own === null) own = { cookies: Object.assign({}, begun.cookies), next: begun.at + turn * exec.vu.idInTest };
  if (TABLE.session.steps.length && Date.now() >= own.next) {
    own.next = Date.now() + turn * TABLE.users;
    const fresh = {};
    if (walk(TABLE.session.base_url, TABLE.session.steps, {}, fresh, false)) own.cookies = fresh;
  }
  const number = exec.scenario.iterationInTest;
  const journey = TABLE.journeys[TABLE.order[number % TABLE.order.length]];
  walk(journey.base_url, journey.steps, { unique: Date.now().toString(16) + '-' + number }, own.cookies, true);
}
"""


def k6_script(load: Load) -> str:
    """The script as text. A user that is still busy when its turn comes lets the journey drop, which k6 counts."""
    table = table_of(load)
    scenario = {
        "executor": "constant-arrival-rate",
        "rate": BATCH,
        "timeUnit": f"{round(BATCH * 1e9 / table['journeys_per_second'])}ns",
        "duration": LONGEST,
        "preAllocatedVUs": load.workers,
        "maxVUs": load.workers,
        "gracefulStop": f"{load.timeout + 1:g}s",
    }
    parts = {
        "@SCENARIO@": json.dumps(scenario),
        "@SECRETS@": SECRETS_VARIABLE,
        "@REQUEST@": REQUEST,
        "@READY@": READY,
        "@TABLE@": json.dumps(table),  # last: the words of the plan are replaced by nothing
    }
    script = _SCRIPT
    for place, value in parts.items():
        script = script.replace(place, value, 1)
    return script
