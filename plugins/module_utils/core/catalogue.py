# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every SLI that can be recorded and judged. A name that is not here is an error, in a role as in a policy."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sli:
    """One service level indicator: its dimension (see units.py), gauge or counter, its labels, what it tells."""

    dimension: str
    kind: str
    labels: tuple[str, ...]
    what: str


def _count(what: str, *labels: str) -> Sli:
    return Sli("count", "gauge", labels, what)


def _gauge(dimension: str, what: str, *labels: str) -> Sli:
    return Sli(dimension, "gauge", labels, what)


def _counter(what: str, *labels: str) -> Sli:
    return Sli("count", "counter", labels, what)


PREFLIGHT = {
    "host.engine_major": _count("major version of the Docker engine that answers"),
    "host.compose_major": _count("major version of the compose plugin"),
    "host.memory_available": _gauge("bytes", "memory available on the staging host"),
    "host.disk_free": _gauge("bytes", "free space where the engine keeps its images"),
    "host.clock_offset": _gauge("time", "distance between the host's clock and the controller's, without sign"),
    "host.ports_taken": _count("public ports held by something that is not this application", "port"),
    "host.ports_checked": _count("public ports looked at"),
    "compose.errors": _count("errors of `docker compose config`"),
    "compose.services": _count("services in the normalised model"),
    "compose.release_services": _count("services of the release: built by it, or of an image that the application owns"),
    "compose.source_mounts": _count("services of the release that run code from a bind mount"),
    "compose.development_targets": _count("services of the release built from a development target"),
    "compose.services_without_healthcheck": _count("services of the release that have no healthcheck"),
    "environment.variables": _count("variables that the compose model needs"),
    "environment.undocumented": _count("needed variables that the example file does not document"),
    "environment.missing": _count("needed variables without a value"),
    "environment.placeholders": _count("variables whose value is still a placeholder"),
    "git.commits_off_main": _count("1 when the release commit is not on the main branch, else 0"),
    "git.dirty_files": _count("files of the work tree that differ from the commit"),
    "documents.expected": _count("documents that the policy names"),
    "documents.missing": _count("documents that are not in the release tree, or empty"),
    "variables.checked": _count("role variables looked at"),
    "variables.unknown": _count("role variables that no role knows"),
    "release.rollback_targets": _count("verified-good earlier releases whose images are there"),
}

MANUAL_QA = {
    "qa.points_total": _count("points of the checklist"),
    "qa.points_passed": _count("points ticked"),
    "qa.points_stated": _count("total that the checklist's own text states"),
    "qa.score_difference": _count("distance between the written score and the counted one, without sign"),
    "qa.issues_recorded": _count("issues in the checklist's tables", "severity"),
    "qa.issues_open": _count("issues that are open", "severity"),
    "qa.issues_unsettled": _count("issues that are neither resolved nor documented", "severity"),
    "qa.sign_off_blanks": _count("fields of the checklist's own sign-off block that are blank"),
}

BUILD = {
    "build.commands": _count("build commands run", "command"),
    "build.failures": _count("build commands that failed", "command"),
    "build.log_lines": _count("lines of build output looked at"),
    "build.warnings": _count("warnings in the build output"),
    "build.errors": _count("errors in the build output"),
    "build.images": _count("images built or found unchanged, with their digest"),
    "build.push_failures": _count("images that could not be pushed"),
    "bundle.size": _gauge("bytes", "size of the client JavaScript in the built image", "set", "encoding"),
    "bundle.files": _count("client JavaScript files measured", "set"),
    "assets.listed": _count("assets that the build manifest lists"),
    "assets.missing": _count("listed assets that the image does not hold"),
    "tests.run": _count("test cases executed", "suite"),
    "tests.passed": _count("test cases passed", "suite"),
    "tests.failed": _count("test cases failed or broken", "suite"),
    "tests.skipped": _count("test cases skipped", "suite"),
    "package.files": _count("files in the deployment package"),
    "package.checksum_mismatches": _count("files of the package whose checksum does not agree when read back"),
    "sbom.components": _count("components named by the SBOM", "image"),
}

DEPLOY = {
    "release.images": _count("images that the release consists of"),
    "release.digest_mismatches": _count("running services whose image is not the one that was judged"),
    "environment.mode_bits": _count("permission bits of the environment file beyond 0600"),
    "service.total": _count("services started"),
    "service.unhealthy": _count("services that are not healthy"),
    "health.checks": _count("health checks made", "component", "stage"),
    "health.failed": _count("health checks failed", "component", "stage"),
    "health.duration": _gauge("time", "time until a component answered", "component", "stage"),
    "migration.heads": _count("alembic heads of the release"),
    "migration.pending": _count("migrations pending before the upgrade"),
    "migration.applied": _count("migrations applied"),
    "migration.behind": _count("1 when the database is not at the release's head afterwards, else 0"),
    "migration.duration": _gauge("time", "time the upgrade took"),
    "migration.old_code_failures": _count("checks that the earlier release failed on the new schema"),
    "migration.old_code_checks": _count("checks made of the earlier release on the new schema"),
    "migration.rehearsed": _count("pending migrations that went through on a copy of the database"),
    "migration.unrehearsed": _count("pending migrations that did not go through on a copy of the database"),
    "migration.rehearsal_duration": _gauge("time", "time the upgrade of the copy took"),
    "migration.tables_counted": _count("tables whose rows were counted on the copy"),
    "migration.rows_counted": _count("rows counted on the copy before its upgrade"),
    "migration.rows_lost": _count("rows that the upgrade of the copy took away"),
    "migration.lint_statements": _count("statements of the pending migrations that the linter looked at"),
    "migration.lint_findings": _count("findings of the linter that are unsafe on a live database"),
    "migration.lint_advice": _count("findings of the linter that are advice only"),
    "migration.invalid_indexes": _count("indexes that are invalid after the migration"),
    "backup.kept": _count("backups kept"),
    "backup.removed": _count("backups removed because newer ones are there"),
    "backup.bytes": _gauge("bytes", "size of the backup made before the migration"),
    "backup.unreadable": _count("backups that could not be read back"),
    "backup.made": _count("backups made"),
    "log.lines": _count("log lines looked at", "service"),
    "log.critical": _count("critical errors in the logs", "service"),
    "switch.duration": _gauge("time", "time the edge took to switch"),
    "edge.drain_duration": _gauge("time", "time that sessions on a colour were waited for before it was changed"),
    "edge.open_sessions": _count("sessions on a colour that was to be changed, when the waiting began"),
    "edge.cut_sessions": _count("sessions that were still on a colour when it was changed"),
    "retention.freed": _gauge("bytes", "space freed by removing releases that are not needed any more"),
    "retention.kept": _count("releases kept on the host"),
    "retention.removed": _count("releases removed from the host"),
    "retention.refused": _count("images and folders that could not be removed"),
    "downtime.requests": _count("requests sent to the public addresses, from the first good answer on", "during"),
    "downtime.failed": _count("such requests without a good answer", "during"),
    "downtime.slow": _count("such requests whose answer took longer than the meter's mark", "during"),
    "downtime.dropped": _count("requests that the meter itself could not send in time", "during"),
    "downtime.longest_gap": _gauge("time", "longest stretch without a good answer of a public address", "during"),
}

EYES = {
    "journey.steps": _count("browser steps done", "journey", "stage"),
    "journey.failed": _count("browser steps that failed", "journey", "stage"),
    "browser.console_errors": _count("errors in the browser's console", "stage"),
    "browser.pages": _count("pages opened", "stage"),
    "browser.failed_requests": _count("requests of the browser that failed", "stage"),
    "browser.foreign_hosts": _count("addresses that pages on preview ports asked and that belong to nobody there", "stage"),
    "browser.engine_steps": _count("steps of the journeys done in a browser engine", "engine"),
    "browser.engine_failed": _count("steps of the journeys that failed in a browser engine", "engine"),
    "page.load": _gauge("time", "time until a page was loaded and settled", "page", "stage"),
    "responsive.checks": _count("pages looked at, each at each width", "width"),
    "responsive.failures": _count("pages that overflow or break at a width", "width"),
    "a11y.pages": _count("pages examined by axe-core"),
    "a11y.violations": _count("accessibility violations", "impact"),
    "a11y.keyboard_traps": _count("pages whose focusable elements cannot all be reached by Tab"),
    "vitals.fcp": _gauge("time", "First Contentful Paint, median of the loads", "page"),
    "vitals.lcp": _gauge("time", "Largest Contentful Paint, median of the loads", "page"),
    "vitals.cls": _gauge("number", "Cumulative Layout Shift, median of the loads", "page"),
    "vitals.ttfb": _gauge("time", "Time To First Byte, median of the loads", "page"),
    "vitals.loads": _count("page loads behind the vitals", "page"),
    "scenario.checks": _count("checks made in an error scenario", "scenario"),
    "scenario.failed": _count("checks failed in an error scenario", "scenario"),
    "scenario.unrepaired": _count("services not healthy again after the error scenarios"),
    "security.csrf_probes": _count("forged requests sent"),
    "security.csrf_accepted": _count("forged requests that were accepted"),
    "security.auth_probes": _count("requests sent without, or with wrong, credentials"),
    "security.auth_accepted": _count("such requests that were accepted"),
}

SOAK = {
    "soak.duration": _gauge("time", "time the soak has run"),
    "soak.coverage": _gauge("ratio", "share of the expected samples that were taken"),
    "soak.longest_gap": _gauge("time", "longest hole between two samples"),
    "soak.saturated": _count("load requests that the generator could not send in time"),
    "soak.longest_silence": _gauge("time", "longest time in which nothing was learned of what is sampled all the time", "metric"),
    "soak.clock_steps": _count("times that somebody set the wall clock of the staging host"),
    "soak.reboots": _count("times that the staging host was started anew"),
    "soak.alert_rules": _count("alert rules held against the samples of the soak"),
    "soak.alerts": _count("times an alert fired during the soak", "severity"),
    "soak.alerts_undelivered": _count("messages about alerts that did not arrive"),
    "soak.jobs_come": _count("runs of a job whose time came during the soak", "job"),
    "soak.jobs_missed": _count("such runs that were not begun before the next one was due", "job"),
    "soak.job_failures": _count("what failed in the runs of a job: cases, steps, requests, or a run that brought nothing", "job"),
    "host.cpu": _gauge("ratio", "CPU used on the host"),
    "host.load": _gauge("number", "load average of the last minute, for each core"),
    "host.memory_used": _gauge("ratio", "memory used on the host"),
    "host.disk_used": _gauge("ratio", "disk used where the engine keeps its files"),
    "container.cpu": _gauge("ratio", "CPU of one core used by a container", "container", "life"),
    "container.pids": _count("processes and threads of a container", "container"),
    "container.io_bytes": Sli("bytes", "counter", ("container", "direction"), "bytes that a container read from or wrote to block devices"),
    "container.cpu_periods": _counter("periods in which a container's CPU quota was looked at; none without a quota", "container"),
    "container.throttled_periods": _counter("such periods in which it was throttled", "container"),
    "container.throttled_time": Sli("time", "counter", ("container",), "time for which a container was throttled"),
    "container.working_set": _gauge("bytes", "working set of a container (usage - inactive_file)", "container", "life"),
    "container.memory_limit": _gauge("bytes", "memory that a container may use: its own limit, else that of the host", "container"),
    "container.restarts": _count("restarts and replacements of a container", "container"),
    "container.replaced": _count("times that another container took the name of a container", "container"),
    "container.coverage": _gauge("ratio", "share of the expected looks at which a container was there and answered", "container"),
    "container.longest_gap": _gauge("time", "longest time in which a container was not seen", "container"),
    "container.oom_kills": _count("out-of-memory kills in a container", "container"),
    "container.watched": _count("containers watched"),
    "process.hung": _count("processes in state D or Z, looked at twice", "container"),
    "container.creations": _count("times the engine made a container of this name", "container"),
    "container.starts": _count("times the engine started a container", "container"),
    "container.deaths": _count("times a container's own process ended, whatever the reason", "container"),
    "container.oom_events": _count("times the engine told that a container was out of memory", "container"),
    "container.health_flips": _count("times a container turned unhealthy", "container"),
    "soak.event_gaps": _count("stretches of time of which the engine's events may be missing"),
    "probe.requests": _counter("times a service was asked whether it answers", "service"),
    "probe.failed": _counter("such times without a good answer in time", "service"),
    "probe.duration": _gauge("time", "time from the intended start of such a question to its answer", "service"),
    "edge.requests": _counter("requests of all users that reached the edge", "port"),
    "edge.errors_5xx": _counter("such requests that were answered with a 5xx", "port"),
    "edge.connection_errors": _counter("times the edge could not connect to a service", "backend"),
    "edge.response_errors": _counter("times a service broke off or spoiled its answer to the edge", "backend"),
    "edge.retries": _counter("times the edge tried a connection again", "backend"),
    "edge.time_average": _gauge("time", "average time of the last 1,024 requests to a service, as the edge saw it", "backend"),
    "logs.lines": _counter("log lines looked at since the soak's start", "container"),
    "logs.errors": _counter("error lines among them, critical ones too", "container"),
    "logs.critical": _counter("critical lines among them", "container"),
    "logs.error_signatures": _counter("kinds of error lines among them", "container"),
    "logs.gaps": _counter("times that log lines were gone before they could be read", "container"),
    "postgres.active": _count("active database connections"),
    "postgres.locks_waiting": _count("locks that are waited for"),
    "postgres.blocks_hit": _counter("blocks that the database server found in its own cache"),
    "postgres.blocks_read": _counter("blocks that it had to read"),
    "postgres.deadlocks": _counter("deadlocks that the database server broke"),
    "redis.used_memory": _gauge("bytes", "memory that the cache server uses"),
    "redis.evicted": _counter("keys that the cache server gave up for want of memory"),
    "redis.hits": _counter("cache look-ups that hit"),
    "redis.misses": _counter("cache look-ups that missed"),
    "http.requests": _counter("requests sent by the load"),
    "http.errors": _counter("requests that failed (no answer, 5xx, or not the answer that the journey expects)"),
    "http.duration": _gauge("time", "time from the intended start of a request to its answer"),
}

PEOPLE = {
    "signoff.teams": _count("teams that must sign"),
    "signoff.missing": _count("teams without a sign-off of this release", "team"),
    "signoff.not_ready": _count("teams that say they are not ready", "team"),
    "communication.stakeholders": _count("stakeholders in the contact file"),
    "communication.uncontactable": _count("stakeholders without a person or a channel"),
    "on_call.shifts": _count("on-call shifts that cover today"),
    "on_call.gaps": _count("hours of today without anybody on call"),
    "on_call.escalation_levels": _count("levels of the escalation path"),
    "monitor.test_alerts_sent": _count("test alerts sent"),
    "monitor.test_alerts_received": _count("test alerts that arrived"),
    "monitor.sampler_alive": _count("1 when the sampler took a sample in the last minute, else 0"),
    "drill.rollbacks": _count("times a drill ended with the good release serving", "mode"),
    "drill.failures": _count("checks that a drill failed: the breakage was not found, or the good release was not well afterwards", "mode"),
    "drill.time_to_detect": _gauge("time", "time from the breakage to the order to roll back, or to the refusal", "mode"),
    "drill.time_to_restore": _gauge("time", "time from the order to roll back to the earlier release serving", "mode"),
    "drill.rows": _count("rows in the tables that were counted before a drill"),
    "drill.rows_lost": _count("rows that a table had before a drill and has no more"),
    "phase.duration": _gauge("time", "time a phase took", "phase"),
}

# What a report or a monitoring system outside of this collection says: `name` is what it is, `part` a part of it.
REPORTED = {
    "reported.count": _count("a count that a report from outside states", "name", "part"),
    "reported.ratio": _gauge("ratio", "a share that a report from outside states", "name", "part"),
    "reported.bytes": _gauge("bytes", "a size that a report from outside states", "name", "part"),
    "reported.time": _gauge("time", "a time that a report from outside states", "name", "part"),
    "reported.number": _gauge("number", "a plain number that a report from outside states", "name", "part"),
    "reported.rate": _gauge("rate", "a rate that a report from outside states", "name", "part"),
    "reported.total": _counter("a counter of a monitoring system outside", "name", "part"),
}

SLIS = {**PREFLIGHT, **MANUAL_QA, **BUILD, **DEPLOY, **EYES, **SOAK, **PEOPLE, **REPORTED}
