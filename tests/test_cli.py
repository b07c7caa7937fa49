"""The command line as a person types it: real processes, exit codes, files left behind."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import DATA, ROOT, document, sentence, write_jsonl
from zhaojing.labelling import COLUMNS

SAMPLES = ROOT / "data" / "samples"


def zhaojing(*arguments: object, stdin: str = "", **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "zhaojing", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONUTF8": "1", "COLUMNS": "120", **env},
        check=False,
    )


HEAVY = {
    "numpy",
    "openpyxl",
    "lxml",
    "docx",
    "pypdfium2",
    "jinja2",
    "safetensors",
    "jieba",
    "torch",
}


def test_help_names_every_command_and_waits_for_no_library() -> None:
    done = zhaojing("--help")
    assert done.returncode == 0
    for command in ("screen", "label", "evaluate", "train", "model", "data", "review", "replay"):
        assert command in done.stdout
        assert zhaojing(command, "--help").returncode == 0
    code = (
        "import atexit, sys; from zhaojing.cli import main; sys.argv = ['zhaojing', '--help'];"
        "atexit.register(lambda: print('loaded', *(m for m in sys.modules if '.' not in m)));"
        "main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True
    )
    loaded = set(done.stdout.splitlines()[-1].split())
    assert {"loaded", "zhaojing"} <= loaded
    assert not loaded & HEAVY


def test_screen(tmp_path: Path) -> None:
    done = zhaojing("screen", SAMPLES, "--output", tmp_path / "结果")
    assert done.returncode == 0, done.stderr
    assert "共 5 份报告" in done.stdout
    rows = [
        json.loads(line)
        for line in (tmp_path / "结果/results.jsonl").read_text("utf-8").splitlines()
    ]
    assert len({row["doc_id"] for row in rows}) == 5
    written = {path.name for path in (tmp_path / "结果").iterdir()}
    assert written == {
        *("index.html", "报告", "批注", "台账.xlsx", "results.jsonl", "manifest.json")
    }
    english = zhaojing("screen", SAMPLES, "-o", tmp_path / "x", "--lang", "en").stdout
    assert "5 reports" in english
    assert "份报告" not in english


def test_screen_with_failures_exits_1_and_does_the_rest(tmp_path: Path) -> None:
    (tmp_path / "坏.pdf").write_bytes(b"%PDF-1.4 broken")
    good = tmp_path / "好.txt"
    good.write_text("会议太多，层层陪会。", "utf-8")
    done = zhaojing("screen", good, tmp_path / "坏.pdf", tmp_path / "无.txt", "-o", tmp_path / "o")
    assert done.returncode == 1
    assert "坏.pdf：文件已损坏" in done.stdout
    assert "无.txt：找不到这个文件" in done.stdout
    assert (tmp_path / "o" / "results.jsonl").read_text("utf-8").count("\n") == 1


def test_screen_into_a_place_that_is_no_folder(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    done = zhaojing("screen", SAMPLES / "04-典型问题通报.txt", "-o", blocked / "out")
    assert done.returncode == 1
    assert "无法写出" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("suffix", [".jsonl", ".csv"])
def test_label(tmp_path: Path, suffix: str) -> None:
    source = tmp_path / "a.txt"
    source.write_text("会议太多。\n全年修路32公里。\n", "utf-8")
    done = zhaojing("label", source, "--output", tmp_path / f"b{suffix}")
    assert done.returncode == 0, done.stderr
    text = (tmp_path / f"b{suffix}").read_text("utf-8-sig")
    if suffix == ".csv":
        rows = list(csv.DictReader(text.splitlines()))
    else:
        rows = [json.loads(line) for line in text.splitlines()]
    assert [tuple(row) for row in rows] == [COLUMNS] * 2


def test_label_through_pipes() -> None:
    done = zhaojing("label", "-", stdin='{"text": "会议太多。", "doc_id": "甲"}\n')
    assert done.returncode == 0
    row = json.loads(done.stdout)
    assert (row["doc_id"], row["index"]) == ("甲", 0)
    assert (
        zhaojing("label", "-", PYTHONUTF8="0", PYTHONIOENCODING="ascii", stdin="会\n").returncode
        == 0
    )


def test_label_lists_bad_lines_and_goes_on(tmp_path: Path) -> None:
    source = tmp_path / "a.jsonl"
    source.write_text('{"text": "会"}\n{oops\n{"text": 1}\n', "utf-8")
    done = zhaojing("label", source, "-o", tmp_path / "b.jsonl")
    assert done.returncode == 1
    assert "有 2 处没有标注" in done.stderr
    assert len((tmp_path / "b.jsonl").read_text("utf-8").splitlines()) == 1
    rejects = (tmp_path / "b.jsonl.rejects.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["line"] for line in rejects] == [2, 3]


def test_evaluate(tmp_path: Path) -> None:
    gold = write_jsonl(tmp_path / "g.jsonl", document("d1", sentence(), sentence("修路。")))
    done = zhaojing("evaluate", gold, "--json", tmp_path / "m.json")
    assert done.returncode == 0, done.stderr
    metrics = json.loads((tmp_path / "m.json").read_text("utf-8"))
    assert (metrics["n_sentences"], metrics["n_documents"]) == (2, 1)
    assert set(metrics["categories"]) >= {"macro_f1", "micro_f1", "per_label"}
    counted = {"precision", "recall", "f1", "support"}
    assert set(metrics["categories"]["per_label"]["meetings"]) >= counted
    assert metrics["problems"]["macro_f1"] is not None
    assert set(metrics["role"]) >= {"accuracy", "macro_f1"}
    assert set(metrics["embellishment"]) >= {"quadratic_kappa", "spearman"}
    assert set(metrics["flagged"]) >= {"precision", "recall", "f1"}
    assert "标出的句子" in done.stdout


def test_evaluate_and_check_name_every_fault(tmp_path: Path) -> None:
    gold = write_jsonl(tmp_path / "g.jsonl", document("d1", sentence(role="x", categories=["y"])))
    for command in (("evaluate", gold), ("data", "check", gold)):
        done = zhaojing(*command)
        assert done.returncode == 2
        assert "sentences[0].role" in done.stderr
        assert "sentences[0].categories[0]" in done.stderr


def test_data_check_of_our_own() -> None:
    done = zhaojing("data", "check", *DATA)
    assert done.returncode == 0
    assert "没有错误" in done.stdout


def test_model_info() -> None:
    done = zhaojing("model", "info", "--json")
    value = json.loads(done.stdout)
    assert value["kind"] == "linear"
    assert value["size_bytes"] > 100_000
    assert value["provenance"]["data"][0]["sha256"]
    assert "文件材料" in zhaojing("model", "info").stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("label", "无.jsonl", "-o", "-"),
        ("screen", SAMPLES, "-o", "o", "--model", "nowhere"),
        ("train", "--config", "nowhere.toml"),
        ("train", "--train", "x.jsonl"),
        ("screen",),
        ("nonsense",),
    ],
)
def test_wrong_use_exits_2_with_one_message(tmp_path: Path, arguments: tuple[object, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "zhaojing", *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.strip()
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


def test_training_without_the_extra_prints_the_line_that_installs_it(tmp_path: Path) -> None:
    gold = write_jsonl(tmp_path / "g.jsonl", document())
    # a module that is None in sys.modules cannot be imported, as if it were not installed
    code = (
        "import sys; sys.modules.update(sklearn=None, scipy=None, torch=None);"
        f"sys.argv = ['zhaojing', 'train', '--train', {str(gold)!r}, '-o', {str(tmp_path / 'm')!r}];"
        "from zhaojing.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 2
    assert 'pip install "zhaojing[train]"' in done.stderr


@pytest.mark.skipif(not shutil.which("unshare"), reason="needs Linux namespaces")
def test_screening_works_where_there_is_no_network(tmp_path: Path) -> None:
    inside = [sys.executable, "-m", "zhaojing", "screen", str(SAMPLES), "-o", str(tmp_path / "o")]
    probe = subprocess.run(["unshare", "-rn", "true"], check=False, capture_output=True)
    if probe.returncode:
        pytest.skip("namespaces are not allowed here")
    assert subprocess.run(["unshare", "-rn", *inside], check=False).returncode == 0


@pytest.mark.parametrize("command", [("label", "INPUT", "-o"), ("evaluate", "INPUT", "--json")])
def test_an_input_is_never_overwritten(tmp_path: Path, command: tuple[str, ...]) -> None:
    gold = write_jsonl(tmp_path / "g.jsonl", document())
    before = gold.read_bytes()
    done = zhaojing(*(gold if part == "INPUT" else part for part in command), gold)
    assert done.returncode == 1
    assert "覆盖" in done.stderr
    assert gold.read_bytes() == before


def test_screening_into_the_folder_of_the_reports(tmp_path: Path) -> None:
    (tmp_path / "甲.txt").write_text("会议太多，层层陪会。", "utf-8")
    for _ in range(2):  # the second time its own results lie there
        done = zhaojing("screen", tmp_path, "-o", tmp_path)
        assert done.returncode == 0, done.stdout
        assert "共 1 份报告" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX file names")
def test_odd_names_cost_no_other_file(tmp_path: Path) -> None:
    (tmp_path / "好.txt").write_text("会议太多，层层陪会。", "utf-8")
    odd = [
        os.fsencode(tmp_path) + name for name in (b"/\xff.txt", b"/\x1b[31m[bold].txt", b"/-n.txt")
    ]
    for name in odd:
        Path(os.fsdecode(name)).write_text("文件太多，层层转发。", "utf-8")
    (tmp_path / "圈.txt").symlink_to(tmp_path / "圈.txt")
    done = zhaojing("screen", tmp_path, tmp_path / ("长" * 300), "-o", tmp_path / "o")
    assert done.returncode == 1
    assert "共 4 份报告" in done.stdout
    assert "\x1b" not in done.stdout
    assert "Traceback" not in done.stderr
    assert (tmp_path / "o" / "results.jsonl").read_text("utf-8").count("\n") == 4


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_said_in_one_line() -> None:
    command = [sys.executable, "-m", "zhaojing", "label", "-"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command, input="会议太多。\n", stdout=full, stderr=subprocess.PIPE, encoding="utf-8",
            check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert "无法写出" in done.stderr
    assert "Traceback" not in done.stderr


def test_json_on_standard_output_is_utf8_under_any_code_page() -> None:
    command = [sys.executable, "-m", "zhaojing"]
    env = {**os.environ, "PYTHONUTF8": "0", "PYTHONIOENCODING": "gbk"}
    for arguments, stdin in (
        (["data", "stats", str(ROOT / "data"), "--json"], b""),
        (["label", "-"], "会。".encode()),
    ):
        done = subprocess.run(
            [*command, *arguments], input=stdin, capture_output=True, env=env, check=True
        )
        assert re.search(r"[\u4e00-\u9fff]", done.stdout.decode("utf-8"))


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_a_file_that_may_not_be_read_costs_no_other(tmp_path: Path) -> None:
    good, secret = tmp_path / "好.txt", tmp_path / "密.txt"
    for path in (good, secret):
        path.write_text("会议太多，层层陪会。", "utf-8")
    secret.chmod(0)
    drop = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    if drop and not shutil.which("setpriv"):
        pytest.skip("root reads everything")
    done = subprocess.run(
        [*drop, sys.executable, "-m", "zhaojing", "screen", good, secret, "-o", tmp_path / "o"],
        capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "没有读取权限" in done.stdout
    assert "共 1 份报告" in done.stdout
