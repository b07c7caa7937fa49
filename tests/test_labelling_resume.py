"""A run that was stopped goes on, loses nothing, repeats nothing, and is alone in its folder."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from conftest import DATA, write_jsonl
from zhaojing import Classifier, InvalidConfig
from zhaojing.labelling import Counts, LabelRequest, label_corpus
from zhaojing.labelling.engine import Labeller
from zhaojing.policy import Policy
from zhaojing.records import read_records

TEXTS = [s.text for record in read_records(*DATA)[:20] for s in record.sentences]
LABEL = """
import json, sys
from zhaojing.labelling import LabelRequest, label_corpus
label_corpus(LabelRequest(**json.loads(sys.argv[1])))
"""


def started(**options: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", LABEL, json.dumps(options)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def manifest(folder: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((folder / "manifest.json").read_text("utf-8"))
    return value


def wait_for(condition: Any, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def shards(folder: Path) -> int:
    return len(manifest(folder)["shards"]) if (folder / "manifest.json").exists() else 0


def is_over(process: subprocess.Popen[str]) -> bool:
    """Whether neither the process nor any of its children is left."""
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.fixture
def run(tmp_path: Path, default_classifier: Classifier) -> Any:
    def label(**options: Any) -> Counts:
        request = LabelRequest(**{"output": str(tmp_path / "out"), "shard_rows": 20, **options})
        labeller = Labeller(request, default_classifier)
        return label_corpus(request, engine=lambda units: map(labeller, units))

    return label


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_killed_again_and_again_it_ends_with_the_same_bytes(tmp_path: Path, workers: int) -> None:
    # each another one, so that a run takes long enough to be killed
    texts = [f"{TEXTS[n % 250]}{n}" for n in range(6_000)]
    rows = ({"text": text} if n % 97 else {} for n, text in enumerate(texts))
    source = str(write_jsonl(tmp_path / "a.jsonl", *rows))
    options: dict[str, Any] = {"source": source, "shard_rows": 100, "workers": workers}
    whole, out = tmp_path / "whole", tmp_path / "out"
    started(**options, output=str(whole)).communicate()
    assert manifest(whole)["complete"]
    chance = random.Random(workers)  # noqa: S311
    kills, finished, resume = 0, 0, False
    while not resume or not manifest(out)["complete"]:
        process = started(**options, output=str(out), resume=resume)
        until = finished + chance.randint(5, 15)
        wait_for(lambda: process.poll() is not None or shards(out) >= until)  # noqa: B023
        time.sleep(chance.uniform(0, 0.2))
        process.kill()
        _, said = process.communicate()
        assert process.returncode in (0, -9), said
        kills += process.returncode != 0
        assert shards(out) >= max(finished, 1), "a finished shard is lost"
        finished, resume = shards(out), True
    assert kills >= 2
    assert content(out) == content(whole)
    assert manifest(out)["complete"]
    lines = [
        line
        for name in sorted(content(out))
        if "part" in name
        for line in content(out)[name].splitlines()
    ]
    assert [json.loads(line)["text"] for line in lines] == [
        text for n, text in enumerate(texts) if n % 97
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_ctrl_c_leaves_no_process_and_nothing_half_written(tmp_path: Path) -> None:
    rows = ({"text": f"{text}{n}"} for n in range(40) for text in TEXTS)
    source = str(write_jsonl(tmp_path / "a.jsonl", *rows))
    out = tmp_path / "out"
    process = started(source=source, output=str(out), shard_rows=200, workers=2)
    wait_for(lambda: list(out.glob("part-00001*")))
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does, to parent and children alike
    _, said = process.communicate(timeout=30)
    assert "KeyboardInterrupt" in said
    assert said.count("Traceback") == 1
    wait_for(lambda: is_over(process))
    listed = [shard["file"] for shard in manifest(out)["shards"]]
    known = {".lock", "manifest.json", "rejects.jsonl", *listed}
    # A shard that was just finished may not be in the manifest yet; whole it is, and the next run
    # writes it again.
    assert known <= set(content(out)) <= known | {f"part-{len(listed):05d}.jsonl"}


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_one_folder_takes_one_run_and_a_killed_one_frees_it(tmp_path: Path) -> None:
    rows = ({"text": f"{text}{n}"} for n in range(40) for text in TEXTS)
    source = str(write_jsonl(tmp_path / "a.jsonl", *rows))
    out = tmp_path / "out"
    options: dict[str, Any] = {"source": source, "output": str(out), "shard_rows": 100}
    first = started(**options, workers=2)
    wait_for(lambda: list(out.glob("part-*")))
    for resume in (False, True):
        second = started(**options, resume=resume, workers=1)
        _, said = second.communicate(timeout=60)
        assert "label.locked" in said or "另一个进程" in said
    os.kill(first.pid, signal.SIGKILL)
    first.wait()

    wait_for(lambda: is_over(first))  # its workers end by themselves
    assert first.stderr is not None
    first.stderr.close()
    third = started(**options, workers=1, resume=True)
    finished = shards(out)
    wait_for(lambda: shards(out) > finished)
    third.kill()
    third.communicate()


def some(tmp_path: Path) -> str:
    return str(write_jsonl(tmp_path / "a.jsonl", *({"text": text} for text in TEXTS[:50])))


def test_a_finished_run_is_not_done_again(run: Any, tmp_path: Path) -> None:
    source = some(tmp_path)
    counts = run(source=source)
    before = content(tmp_path / "out")
    assert run(source=source, resume=True) == counts
    assert content(tmp_path / "out") == before


def test_a_run_does_not_begin_in_a_folder_that_holds_something(run: Any, tmp_path: Path) -> None:
    source = some(tmp_path)
    run(source=source)
    before = content(tmp_path / "out")
    with pytest.raises(InvalidConfig) as caught:
        run(source=source)
    assert caught.value.key == "label.occupied"
    assert content(tmp_path / "out") == before
    other = tmp_path / "other"
    other.mkdir()
    (other / "台账.xlsx").touch()
    for resume, key in ((False, "label.occupied"), (True, "label.not_ours")):
        with pytest.raises(InvalidConfig) as caught:
            run(source=source, output=str(other), resume=resume)
        assert caught.value.key == key


@pytest.mark.parametrize("text", ["{", "[]", '{"format": 1}', '{"shards": 3, "counts": []}'])
def test_a_manifest_that_is_none_of_ours(run: Any, tmp_path: Path, text: str) -> None:
    source = some(tmp_path)
    (tmp_path / "out").mkdir()
    (tmp_path / "out/manifest.json").write_text(text, "utf-8")
    with pytest.raises(InvalidConfig) as caught:
        run(source=source, resume=True)
    assert caught.value.key == "label.not_ours"


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"only_flagged": True}, "only_flagged"),
        ({"split": True}, "split"),
        ({"shard_rows": 21}, "shard_rows"),
        ({"format": "csv"}, "format"),
        ({"policy": Policy(mode="cautious")}, "policy"),
        ({"sample": 5}, "sample"),
    ],
)
def test_other_options_are_refused(
    run: Any, tmp_path: Path, change: dict[str, Any], what: str
) -> None:
    source = some(tmp_path)
    run(source=source)
    before = content(tmp_path / "out")
    with pytest.raises(InvalidConfig) as caught:
        run(source=source, resume=True, **change)
    assert caught.value.key == "label.changed"
    assert caught.value.values == {"what": what}
    assert content(tmp_path / "out") == before


def test_another_input_or_model_is_refused(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, default_classifier: Classifier
) -> None:
    source = some(tmp_path)
    run(source=source)
    with Path(source).open("a", encoding="utf-8") as file:
        file.write('{"text": "新"}\n')
    with pytest.raises(InvalidConfig) as caught:
        run(source=source, resume=True)
    assert caught.value.values == {"what": "a.jsonl"}
    some(tmp_path)
    assert default_classifier.folder is not None
    model = tmp_path / "model"
    model.mkdir()
    for file in default_classifier.folder.iterdir():
        (model / file.name).write_bytes(file.read_bytes() + b" ")
    with pytest.raises(InvalidConfig) as caught:
        run(source=source, resume=True, model=model)
    assert caught.value.values == {"what": "model"}


def test_a_shard_that_was_changed_is_not_built_upon(run: Any, tmp_path: Path) -> None:
    source = some(tmp_path)
    run(source=source)
    shard = tmp_path / "out" / "part-00001.jsonl"
    whole = shard.read_bytes()
    shard.write_bytes(whole[:-1])
    with pytest.raises(InvalidConfig) as caught:
        run(source=source, resume=True)
    assert caught.value.key == "label.shard_changed"
    shard.unlink()
    with pytest.raises(InvalidConfig):
        run(source=source, resume=True)


def test_a_sample_is_drawn_again_from_the_start(run: Any, tmp_path: Path) -> None:
    source = some(tmp_path)
    options: dict[str, Any] = {"source": source, "sample": 30, "shard_rows": 10}
    run(**options, output=str(tmp_path / "whole"))

    class Stopped(Exception):
        pass

    def stop_at_the_end(units: Any) -> Any:
        request = LabelRequest(**options, output=str(tmp_path / "out"))
        yield from map(Labeller(request), units)
        raise Stopped

    with pytest.raises(Stopped):
        label_corpus(LabelRequest(**options, output=str(tmp_path / "out")), engine=stop_at_the_end)
    run(**options, resume=True)
    assert content(tmp_path / "out") == content(tmp_path / "whole")
