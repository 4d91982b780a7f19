# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pushing to and pulling from a registry with the engine's own client, which alone knows the credentials (`docker login`)."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.errors import CommandError, EvidenceError, InputError
from ...core.release.log_scan import mask
from ...core.release.registry import Pushed, Wanted, is_permanent, pushed_reference, retry_delays
from ..system import clock as machine
from ..system.command import Completed, Runner, must, run

# 1, 2, 4, 8 s: a registry that is started again is waited for, one that is gone is not.
DELAYS = retry_delays(5, 1.0)


class Registry:
    """Runner, sleep and pauses are parameters; `timeout` is that of one attempt, in seconds."""

    def __init__(
        self, runner: Runner = run, sleep: machine.Sleep = machine.sleep, delays: Sequence[float] = DELAYS, timeout: float = 1800.0
    ) -> None:
        self._run = runner
        self._sleep = sleep
        self._delays = delays
        self._timeout = timeout

    def push(self, service: str, tag: str) -> Pushed:
        """Push a tag. It counts as pushed only with the digest that the registry confirmed."""
        done, attempts = self._patiently(["docker", "push", tag])
        reference = pushed_reference(tag, done.stdout) if done.ok else ""
        trouble = "" if reference else _said(done) if not done.ok else "the registry confirmed no digest"
        return Pushed(service, tag, reference, attempts, trouble)

    def pull(self, image: Wanted) -> int:
        """Pull by digest, compare the id with the recorded one, and give it its tag. Returns the number of attempts.

        InputError for an image that was never pushed, CommandError when it cannot be had, EvidenceError when it is another image; the
        tag is not touched then.
        """
        if not image.reference:
            raise InputError(
                f"the image of {image.service} is not on this host and was never pushed",
                where=image.tag,
                why="its record has no digest, and a tag may name another image today",
                todo="push it (build_push) or build the release on this host",
            )
        done, attempts = self._patiently(["docker", "pull", "--quiet", image.reference])
        if not done.ok:
            raise CommandError(
                f"the image of {image.service} cannot be pulled",
                where=image.reference,
                why=f"{attempts} attempts: {_said(done)}",
                todo="see that the registry answers and that this user is logged in to it (docker login)",
            )
        found = self.image_id(image.reference)
        if found != image.image_id:
            raise EvidenceError(
                f"the registry gave another image for {image.service}",
                where=image.reference,
                why=f"its id is {found[:19] or 'unknown'}, judged was {image.image_id[:19]}",
                todo="build and push the release again; nothing was deployed",
            )
        must(self._run(["docker", "tag", image.reference, image.tag], timeout=60.0), f"{image.tag} cannot be named")
        return attempts

    def image_id(self, reference: str) -> str:
        """The id of a local image, empty when there is none."""
        done = self._run(["docker", "image", "inspect", "--format", "{{.Id}}", reference], timeout=30.0)
        return done.stdout.strip() if done.ok else ""

    def _patiently(self, argv: Sequence[str]) -> tuple[Completed, int]:
        """Try, and try again after each pause, as long as it can help. An attempt that does not end is a failed one."""
        for attempts, pause in enumerate((*self._delays, None), 1):
            try:
                done = self._run(argv, timeout=self._timeout)
            except CommandError as error:
                done = Completed(tuple(argv), 124, "", str(error))
            if done.ok or pause is None or is_permanent(done.stderr):
                return done, attempts
            self._sleep(pause)
        raise AssertionError("the last pause is None")  # pragma: no cover


def _said(done: Completed) -> str:
    """The end of what the client said, without secrets."""
    return mask(done.stderr.strip() or done.stdout.strip() or f"exit code {done.rc}")[-300:]
