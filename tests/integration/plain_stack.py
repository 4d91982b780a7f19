"""A tiny application that plain `docker compose up` runs, and plays that call the roles on it."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine_client import docker
from staging_host import ENVIRONMENT, ROOT

# A release that begins with b is never healthy; one that begins with e has a worker that never is.
STACK = """
services:
  postgres:
    container_name: {name}-database
    image: stagegate-molecule-postgres:1
    restart: always
    environment: {{POSTGRES_USER: app, POSTGRES_PASSWORD: app, POSTGRES_DB: app}}
    volumes: [rows:/var/lib/postgresql/data]
    networks: [inside]
    healthcheck: {{test: [CMD-SHELL, "pg_isready -h 127.0.0.1 -U app -d app"], interval: 1s, retries: 30}}
  web:
    container_name: {name}-web
    image: {name}:${{RELEASE_TAG}}
    restart: unless-stopped
    ports: ["{port}:8000"]
    depends_on: {{postgres: {{condition: service_healthy}}}}
    networks: [inside]
    healthcheck: {{test: [CMD, curl, -fsS, -o, /dev/null, "http://localhost:8000/health"], interval: 1s, retries: {retries}}}
{more}
networks:
  inside: {{name: {name}-inside}}
volumes:
  rows: {{name: {name}-rows}}
"""
WORKER = """
  worker:
    container_name: {name}-worker
    image: {name}:${{RELEASE_TAG}}
    restart: always
    networks: [inside]
    healthcheck: {{test: [CMD-SHELL, 'case $$RELEASE in e*) exit 1;; esac'], interval: 1s, retries: 3}}
"""
PLAY = """
- hosts: staging
  gather_facts: false
  tasks:
    - block:
{tasks}
"""


@dataclass
class PlainStack:
    """One application of its own: name, public port, state folder. `worker` adds a service that must not run twice."""

    name: str
    port: int
    folder: Path
    worker: bool = False
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def state(self) -> Path:
        return self.folder / "state"

    def prepare(self, *releases: str) -> None:
        """Images, sources and build records of the releases."""
        self.remove()
        docker("build", "-q", "-t", "stagegate-molecule-postgres:1", str(ROOT / "examples/proofile/docker/postgres"))
        for release in releases:
            arguments = [f"--build-arg=RELEASE={release}", f"--build-arg=STATUS={503 if release.startswith('b') else 200}"]
            docker("build", "-q", "-t", f"{self.name}:{release}", *arguments, str(ROOT / "molecule/deploy/app"))
            self._export(release)

    def _export(self, release: str) -> None:
        source, kept = self.state / "source" / release, self.state / "releases" / release
        source.mkdir(parents=True)
        kept.mkdir(parents=True)
        more = WORKER.format(name=self.name) if self.worker else ""
        (source / "docker-compose.yml").write_text(STACK.format(name=self.name, port=self.port, retries=3, more=more))
        tag = f"{self.name}:{release}"
        image = {"tag": tag, "id": docker("image", "inspect", "-f", "{{.Id}}", tag)}
        (kept / "release.json").write_text(json.dumps({"images": {"web": image, "worker": image}}))

    def up_plainly(self, release: str) -> None:
        """What a team does without us: `docker compose up -d --wait` in its own folder."""
        self._compose(release, "up", "-d", "--wait")

    def _compose(self, release: str, *words: str) -> None:
        path = self.state / "source" / release / "docker-compose.yml"
        environment = {**os.environ, "RELEASE_TAG": release}
        argv = ["docker", "compose", "-p", f"{self.name}plain", "-f", str(path), *words]
        done = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr

    def play(self, release: str, *tasks: str, **options: Any) -> tuple[int, str]:
        """Run entry points of the roles: `deploy` is the whole way, else `<role>/<tasks>`."""
        words = {"deploy": ("deploy/main", "deploy/colour", "deploy/switch")}
        wanted = [item for task in tasks for item in words.get(task, (task,))]
        included = "".join(
            f"        - ansible.builtin.include_role: {{name: proofile.stagegate.{item.split('/')[0]}, tasks_from: {item.split('/')[1]}}}\n"
            for item in wanted
        )
        rescue = (
            "      rescue:\n"
            "        - ansible.builtin.include_role: {name: proofile.stagegate.deploy, tasks_from: clean}\n"
            "          when: deploy_colour is defined\n"
            '        - ansible.builtin.fail: {msg: "{{ ansible_failed_result.msg }}"}\n'
        )
        path = self.folder / "play.yml"
        path.write_text(PLAY.format(tasks=included + (rescue if "deploy" in tasks else "")))
        variables = {**self._variables(release), **self.options, **options}
        (self.folder / "vars.json").write_text(json.dumps(variables))
        inventory = self.folder / "hosts.yml"
        inventory.write_text(json.dumps({"all": {"children": {"staging": {"hosts": {"localhost": {"ansible_connection": "local"}}}}}}))
        argv = ["ansible-playbook", "-i", str(inventory), str(path), "-e", f"@{self.folder}/vars.json"]
        done = subprocess.run(argv, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, timeout=300, check=False)
        return done.returncode, done.stdout + done.stderr

    def _variables(self, release: str) -> dict[str, Any]:
        return {
            "stagegate_application": self.name,
            "stagegate_run": {
                "id": f"r-20261123T000000Z-{release}",
                "release": release,
                "commit": release + "0" * 28,
                "policy": "test",
                "policy_digest": "0" * 64,
                "state_dir": str(self.state),
            },
            "ansible_python_interpreter": "{{ ansible_playbook_python }}",
            "deploy_environment_copies": [],
            "deploy_health_timeout_seconds": 40,
            "rollback_service": "",
        }

    def model(self, release: str) -> dict[str, Any]:
        """The compose model as its planning kept it."""
        return dict(json.loads((self.state / "releases" / release / "model.json").read_text()))

    def serves(self) -> str:
        """The release that answers on the public port; empty when nothing does."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=3) as answer:
                return answer.read().decode()
        except (urllib.error.URLError, OSError):
            return ""

    def sql(self, statement: str) -> str:
        return docker("exec", "-e", "PGPASSWORD=app", f"{self.name}-database", "psql", "-h", "127.0.0.1", "-U", "app", "-XqAtc", statement)

    def containers(self, state: str = "running") -> set[str]:
        listed = docker("ps", "-a", "--filter", f"name=^{self.name}-", "--filter", f"status={state}", "--format", "{{.Names}}")
        return set(listed.split())

    def remove(self) -> None:
        """Everything that it made, by name."""
        projects = [f"{self.name}plain"] + [
            f"{self.name}-{part}" for part in ("data", "blue", "green", "blue-single", "green-single", "edge")
        ]
        for project in projects:
            for container in docker("ps", "-aq", "--filter", f"label=com.docker.compose.project={project}").split():
                docker("rm", "-f", container, check=False)
        for network in ("blue", "green", "inside"):
            docker("network", "rm", f"{self.name}-{network}", check=False)
        docker("volume", "rm", f"{self.name}-rows", check=False)
        # By tag: another application's image of the same content has the same id.
        for image in docker("images", self.name, "--format", "{{.Repository}}:{{.Tag}}").split():
            docker("rmi", image, check=False)
