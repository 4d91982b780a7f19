# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is removed of a release, and what happens when the engine or the disk will not give it up."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Sequence
from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import EvidenceError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.ledger.releases import Release
from ansible_collections.proofile.stagegate.plugins.module_utils.io.engine.docker_cli import Engine
from ansible_collections.proofile.stagegate.plugins.module_utils.io.release.release_facts import missing_images
from ansible_collections.proofile.stagegate.plugins.module_utils.io.release.release_prune import LocalImages, Pruned, Pruner
from ansible_collections.proofile.stagegate.plugins.module_utils.io.system.command import Completed

OLD, NEW = "0000000000a1", "0000000000b2"


class FakeEngine:
    """Images by tag, each of 10 bytes of its own; some will not be given up."""

    def __init__(self, images: dict[str, str], kept: Sequence[str] = ()) -> None:
        self.images = dict(images)
        self.kept = kept

    def __call__(self, argv: Sequence[str], **_options: Any) -> Completed:
        if argv[:3] == ["docker", "image", "ls"]:
            return Completed(tuple(argv), 0, "".join(f"{image}\t{tag}\n" for tag, image in self.images.items()), "")
        if argv[:3] == ["docker", "image", "rm"]:
            if argv[3] in self.kept:
                return Completed(tuple(argv), 1, "", "conflict: image is being used by stopped container 1234")
            if self.images.pop(argv[3], None) is None:
                return Completed(tuple(argv), 1, "", f"Error: No such image: {argv[3]}")
            return Completed(tuple(argv), 0, "", "")
        found = self.images.get(argv[-1], argv[-1] if argv[-1] in self.images.values() else "")
        return Completed(tuple(argv), 0 if found else 1, found, "")

    def disk_usage(self) -> dict[str, Any]:
        """As /system/df: the second size is what an image shares."""
        ids = sorted(set(self.images.values()))
        return {"LayersSize": 100 + 10 * len(ids), "Images": [{"Id": item, "Size": 60, "SharedSize": 50} for item in ids]}


def entries() -> list[dict[str, Any]]:
    said = [(OLD, "deployed"), (NEW, "deployed"), (NEW, "verified")]
    return [
        {"seq": seq, "time": "", "kind": "release", "phase": "deploy", "release": name, "body": {"release": name, "state": state}}
        for seq, (name, state) in enumerate(said, 1)
    ]


@pytest.fixture
def state(tmp_path: pathlib.Path) -> pathlib.Path:
    for name in (OLD, NEW):
        for kind in ("source", "releases"):
            (tmp_path / kind / name).mkdir(parents=True)
        images = {"web": {"tag": f"shop-web:{name}", "id": f"sha256:{name}"}, "db": {"tag": "shop-db:15", "id": "sha256:db"}}
        (tmp_path / "releases" / name / "release.json").write_text(json.dumps({"images": images}))
        (tmp_path / "releases" / name / "model.json").write_text("{}")
        (tmp_path / "build_logs").mkdir(exist_ok=True)
        (tmp_path / "build_logs" / f"sha256_{name}.log").write_text("built")
    for kept in ("backups", "evidence"):
        (tmp_path / kept / OLD).mkdir(parents=True)
    return tmp_path


def images_of(*names: str) -> dict[str, str]:
    return {f"shop-web:{name}": f"sha256:{name}" for name in names} | {"shop-db:15": "sha256:db"}


def prune(state: pathlib.Path, engine: FakeEngine) -> Pruned:
    pruner = Pruner(str(state), "shop", LocalImages(engine, engine))  # type: ignore[arg-type]
    return pruner.prune(pruner.survey(entries(), [], 1, NEW))


def test_images_source_folder_and_build_log_of_an_old_release_go_and_nothing_else(state: pathlib.Path) -> None:
    engine = FakeEngine(images_of(OLD, NEW))
    done = prune(state, engine)
    assert done.images == (f"shop-web:{OLD}",)
    assert [str(pathlib.Path(path).relative_to(state)) for path in done.paths] == [
        f"build_logs/sha256_{OLD}.log",
        f"source/{OLD}",
        f"releases/{OLD}",
    ]
    assert engine.images == images_of(NEW)
    assert sorted(path.name for path in state.glob("*/*")) == sorted([NEW, NEW, OLD, OLD, f"sha256_{NEW}.log"])
    assert done.freed >= 10
    assert prune(state, engine) == Pruned((), (), (), 0)


def test_what_the_meter_counted_goes_with_its_release_and_only_with_it(state: pathlib.Path) -> None:
    runs = [f"r-20261123T101500Z-{name}" for name in (OLD, NEW, "0000000000ff")]
    for name in (*runs, OLD, "notes"):
        (state / "meter" / name).mkdir(parents=True)
        (state / "meter" / name / "deploy.jsonl").write_text("{}\n")
    done = prune(state, FakeEngine(images_of(OLD, NEW)))
    assert str(state / "meter" / runs[0]) in done.paths
    assert sorted(path.name for path in (state / "meter").iterdir()) == sorted([*runs[1:], OLD, "notes"])


def test_what_the_meter_left_of_a_release_that_went_before_goes_as_well(state: pathlib.Path) -> None:
    prune(state, FakeEngine(images_of(OLD, NEW)))
    (state / "meter" / f"r-20261123T101500Z-{OLD}").mkdir(parents=True)
    assert prune(state, FakeEngine(images_of(NEW))).paths == (str(state / "meter" / f"r-20261123T101500Z-{OLD}"),)


def test_what_the_engine_will_not_give_up_is_told_and_the_rest_goes(state: pathlib.Path) -> None:
    engine = FakeEngine({**images_of(OLD, NEW), f"shop-web-builder:{OLD}": "sha256:builder"}, kept=[f"shop-web:{OLD}"])
    done = prune(state, engine)
    assert done.images == (f"shop-web-builder:{OLD}",)
    assert done.refused == (f"shop-web:{OLD}: conflict: image is being used by stopped container 1234",)
    assert not (state / "source" / OLD).exists()


def test_a_removal_that_was_killed_between_images_and_folder_is_finished(state: pathlib.Path) -> None:
    done = prune(state, FakeEngine(images_of(NEW)))
    assert done.images == ()
    assert not (state / "releases" / OLD).exists()


def test_a_removal_that_was_killed_before_the_images_is_finished_without_the_record(state: pathlib.Path) -> None:
    for kind in ("source", "releases"):
        for path in (state / kind / OLD).iterdir():
            path.unlink()
        (state / kind / OLD).rmdir()
    assert prune(state, FakeEngine(images_of(OLD, NEW))).images == (f"shop-web:{OLD}",)


def test_an_image_that_went_meanwhile_is_no_trouble(state: pathlib.Path) -> None:
    assert LocalImages(FakeEngine({})).remove("shop-web:gone") == ""  # type: ignore[arg-type]


def test_what_would_be_freed_counts_nothing_that_stays(state: pathlib.Path) -> None:
    engine = FakeEngine({**images_of(OLD, NEW), f"shop-web-test:{OLD}": f"sha256:{NEW}"})
    for kind in ("source", "releases"):
        (state / kind / "0000000000ff").mkdir()
    pruner = Pruner(str(state), "shop", LocalImages(engine, engine))  # type: ignore[arg-type]
    found = pruner.survey(entries(), [], 1, NEW)
    assert {item.reference for item in found.images} == {f"shop-web:{OLD}", f"shop-web-test:{OLD}"}
    files = sum(path.lstat().st_blocks * 512 for top in found.paths for path in [pathlib.Path(top), *pathlib.Path(top).rglob("*")])
    assert found.size == files + 10
    assert engine.images == {**images_of(OLD, NEW), f"shop-web-test:{OLD}": f"sha256:{NEW}"}


def test_a_link_in_the_place_of_a_folder_is_removed_and_not_followed(state: pathlib.Path) -> None:
    (state / "precious").mkdir()
    (state / "precious" / "file").write_text("kept")
    (state / "source" / OLD).rmdir()
    (state / "source" / OLD).symlink_to(state / "precious")
    prune(state, FakeEngine(images_of(OLD, NEW)))
    assert not (state / "source" / OLD).is_symlink()
    assert (state / "precious" / "file").read_text() == "kept"


def test_a_damaged_record_stops_the_removal(state: pathlib.Path) -> None:
    (state / "releases" / OLD / "release.json").write_text("{")
    with pytest.raises(EvidenceError, match=r"release\.json cannot be read"):
        prune(state, FakeEngine(images_of(OLD, NEW)))
    assert (state / "source" / OLD).exists()


def recorded(**images: dict[str, str]) -> Release:
    return Release(OLD, "verified", {"verified": 1}, {}, {"images": images})


WEB = {"tag": f"shop-web:{OLD}", "id": f"sha256:{OLD}"}


def test_a_release_with_all_its_images_tags_and_its_plan_lacks_nothing(state: pathlib.Path) -> None:
    assert missing_images(str(state), recorded(web=WEB), Engine(FakeEngine(images_of(OLD)))) == []


def test_each_thing_that_a_rollback_would_lack_is_named(state: pathlib.Path) -> None:
    (state / "releases" / OLD / "model.json").unlink()
    engine = Engine(FakeEngine({f"shop-web:{OLD}": f"sha256:{NEW}", "x": f"sha256:{OLD}"}))
    found = missing_images(str(state), recorded(web=WEB, api={"tag": "api:1", "id": "sha256:gone"}), engine)
    assert [line.split(" in /")[0] for line in found] == [
        "model.json of the release is not",
        "the image of api is gone",
        f"the tag shop-web:{OLD} does not name the image of web any more",
    ]


def test_a_release_that_runs_needs_neither_tag_nor_plan(state: pathlib.Path) -> None:
    (state / "releases" / OLD / "model.json").unlink()
    engine = Engine(FakeEngine({"x": f"sha256:{OLD}"}))
    assert missing_images(str(state), recorded(web=WEB), engine, running=True) == []


def test_a_release_without_any_recorded_image_cannot_be_started(state: pathlib.Path) -> None:
    (state / "releases" / OLD / "release.json").write_text('{"images": {}}')
    assert missing_images(str(state), recorded(), Engine(FakeEngine({}))) == ["no image was recorded for it"]
