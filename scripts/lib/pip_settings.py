"""Turn the output of `pip config list` into a pip.conf that holds on another machine."""

from __future__ import annotations

import ast
import sys

# The CA comes to a build as a file of its own.
LEFT_OUT = {"cert", "client-cert", "cache-dir", "log", "require-virtualenv", "target", "prefix", "user"}


def is_local(value: str) -> bool:
    """A path or file address of this machine means nothing inside a build."""
    return value.startswith(("/", "~", "./", "../", "file:"))


def portable(lines: list[str]) -> list[str]:
    kept: dict[str, str] = {}
    for line in lines:
        name, _, quoted = line.strip().partition("=")
        section, _, option = name.rpartition(".")
        if section not in ("global", "install", ":env:") or option in LEFT_OUT:
            continue
        values = [value for value in str(ast.literal_eval(quoted)).split() if not is_local(value)]
        if values:
            # The environment is printed first by pip, but wins over every file.
            kept.setdefault(option, " ".join(values))
    return [f"{option} = {value}" for option, value in sorted(kept.items())]


if __name__ == "__main__":
    settings = portable(sys.stdin.readlines())
    if settings:
        print("[global]", *settings, sep="\n")
