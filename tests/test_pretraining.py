"""Pre-training: from text files to an encoder that fine-tunes, on a corpus of a few pages."""

from __future__ import annotations

import json
import lzma
import math
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conftest import ROOT, document, sentence, write_jsonl
from zhaojing.errors import InvalidConfig, UnreadableFile
from zhaojing.normalize import normalize
from zhaojing.pretraining import PretrainingConfig, prepare, pretrain
from zhaojing.records import Record

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from transformers import AutoTokenizer  # noqa: E402

from zhaojing.pretraining import masked_lm  # noqa: E402
from zhaojing.pretraining.duplicates import Seen  # noqa: E402
from zhaojing.pretraining.masking import hide  # noqa: E402
from zhaojing.pretraining.sources import Source, read_sources  # noqa: E402
from zhaojing.pretraining.tokenizer import CLS, MASK, SEP, SPECIAL  # noqa: E402

HELD_BACK = "王家湾村的老支书把三十年的账本一页一页摊在院坝里给大家看"


@pytest.fixture(scope="session")
def settings(
    tmp_path_factory: pytest.TempPathFactory, some_records: list[Record]
) -> PretrainingConfig:
    """A corpus of two sources made of the project's own sentences, with planted repetition."""
    folder = tmp_path_factory.mktemp("pretraining")
    corpus = folder / "corpus"
    corpus.mkdir()
    documents = ["\n".join(s.text for s in r.sentences) for r in some_records]
    again = documents[0] + "\n这一行是新加的，全文其余部分与上面那篇一模一样，不该再学一遍。"
    planted = f"那天下午，{HELD_BACK}，谁也没有说话。\n" + documents[1]
    reports = "\n\n".join([planted, documents[0], *documents[2:30], again])
    (corpus / "reports.txt.xz").write_bytes(lzma.compress(reports.encode()))
    (corpus / "news.txt").write_text("\n\n".join(documents[30:]), "utf-8")
    gold = write_jsonl(folder / "dev.jsonl", document("d1", sentence(HELD_BACK + "。")))
    return PretrainingConfig(
        corpus=corpus,
        output=folder / "encoder",
        packed=folder / "packed",
        exclude=(gold,),
        weights={"news": 2.0},
        vocabulary=2048,
        row_length=32,
        layers=2,
        width=32,
        head_width=16,
        steps=4,
        batch_rows=8,
        micro_rows=4,
    )


@pytest.fixture(scope="session")
def packed(settings: PretrainingConfig) -> Path:
    return prepare(settings)


# --- from text to rows -----------------------------------------------------------------------


def test_rows_hold_the_corpus_and_no_evaluation_text(
    packed: Path, some_records: list[Record]
) -> None:
    tokenizer = AutoTokenizer.from_pretrained(packed)
    rows = np.concatenate([np.load(file) for file in sorted(packed.glob("rows-*.npy"))])
    assert rows.shape[1] == 32
    assert (rows[:, 0] == CLS).all()
    assert (rows[:, -1] == SEP).all()
    summary = json.loads((packed / "packing.json").read_text("utf-8"))
    assert summary["sources"]["reports"]["evaluation_paragraphs"] == 1
    assert summary["rows"] == len(rows)
    text = tokenizer.decode(rows.flatten()).replace(" ", "")
    assert normalize(some_records[5].sentences[1].text)[:8].lower() in text
    # rows are shuffled, so any half of the sentence would show
    assert not any(HELD_BACK[i : i + 13] in text for i in range(len(HELD_BACK) - 12))


def test_repeated_text_goes_and_weights_multiply(
    packed: Path, settings: PretrainingConfig, tmp_path: Path
) -> None:
    sources = json.loads((packed / "packing.json").read_text("utf-8"))["sources"]
    assert sources["reports"]["duplicate_paragraphs"] > 0
    once = replace(settings, packed=tmp_path / "once", weights={})
    alone = json.loads((prepare(once) / "packing.json").read_text("utf-8"))["sources"]
    assert sources["news"]["rows"] == pytest.approx(2 * alone["news"]["rows"], abs=1)
    assert sources["reports"]["rows"] == alone["reports"]["rows"]


def test_a_document_that_nearly_repeats_another_goes(some_records: list[Record]) -> None:
    body, other = ("".join(s.text for s in r.sentences) for r in some_records[:2])
    near = body.replace("的", "之", 2) + "村里的人都还记得。"
    source = Source("s", [[body], [near], [other]], 0)
    assert Seen().remove_from(source) == (0, 1)
    assert source.documents == [[body], [other]]


def test_a_document_that_goes_takes_no_paragraph_with_it(some_records: list[Record]) -> None:
    body, other = ("".join(s.text for s in r.sentences) for r in some_records[:2])
    own = "这一段只在被去掉的那一篇和后来的一篇里出现，所以后来的那一篇应当把它留住才对。"
    source = Source("s", [[body], [body.replace("的", "之", 2), own], [other, own]], 0)
    Seen().remove_from(source)
    assert source.documents == [[body], [other, own]]


def test_numbers_do_not_make_a_paragraph_new() -> None:
    lines = [f"第{n}季度全局共收到群众来信{n}件并按规定期限答复办结。" for n in (1, 2)]
    different = "第3季度全局没有收到群众来信，窗口受理的业务比上年同期少。"
    source = Source("s", [[*lines, different]], 0)
    assert Seen().remove_from(source) == (1, 0)
    assert source.documents == [[lines[0], different]]


def test_rows_are_kept_and_never_mistaken_for_others(
    packed: Path, settings: PretrainingConfig
) -> None:
    before = (packed / "packing.json").stat().st_mtime_ns
    assert prepare(settings) == packed
    assert (packed / "packing.json").stat().st_mtime_ns == before
    with pytest.raises(InvalidConfig, match="packed"):
        prepare(replace(settings, vocabulary=1024))


def test_a_weight_of_no_source_is_refused(settings: PretrainingConfig, tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match="newz"):
        prepare(replace(settings, packed=tmp_path / "p", weights={"newz": 2.0}))


def test_held_out_documents_are_in_no_row(packed: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(packed)
    rows = np.concatenate([np.load(file) for file in sorted(packed.glob("rows-*.npy"))])
    seen = tokenizer.decode(rows.flatten()).replace(" ", "")
    held_out = np.load(packed / "held-out.npy")
    assert len(held_out) > 2
    for row in held_out:
        assert tokenizer.decode(row[5:25]).replace(" ", "") not in seen


@pytest.mark.parametrize("text", ["甲甲甲。\r\n\r\n乙乙乙。", "甲甲甲。\n \n乙乙乙。"])
def test_documents_end_at_any_blank_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.txt").write_bytes(text.replace("。", "写得很长" * 12 + "。").encode())
    (source,) = read_sources(tmp_path)
    assert len(source.documents) == 2


def test_packing_is_repeatable(packed: Path, settings: PretrainingConfig, tmp_path: Path) -> None:
    again = prepare(replace(settings, packed=tmp_path / "again"))
    for name in ("rows-000.npy", "tokenizer.json"):
        assert (again / name).read_bytes() == (packed / name).read_bytes()


def test_every_han_character_is_one_token(packed: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(packed)
    text = '经查,全县"三公"经费2023年下降12.5%'
    offsets = tokenizer(text, return_offsets_mapping=True)["offset_mapping"][1:-1]
    han = [(i, i + 1) for i, c in enumerate(text) if "\u4e00" <= c <= "\u9fff"]
    assert set(han) <= set(offsets)
    common = tokenizer("全县公开经费", add_special_tokens=False)["input_ids"]
    assert tokenizer.unk_token_id not in common
    assert len(common) == 6
    assert tokenizer.tokenize("12℃")[0].startswith("1")  # not one unknown with its sign
    assert tokenizer.tokenize("2021年A2")[:2] == ["2021", "年"]
    assert tokenizer.unk_token_id not in tokenizer("x9q7z")["input_ids"]


def test_a_corpus_that_is_missing_or_damaged(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match=r"\.txt"):
        list(read_sources(tmp_path))
    (tmp_path / "a.txt.xz").write_bytes(b"no xz at all")
    with pytest.raises(UnreadableFile, match=r"a\.txt\.xz"):
        list(read_sources(tmp_path))


# --- masking ---------------------------------------------------------------------------------


def test_masking_hides_the_stated_share_in_spans() -> None:
    vocabulary, share = 1000, 0.25
    rows = torch.randint(len(SPECIAL), vocabulary, (400, 128))
    rows[:, 0], rows[:, -1] = CLS, SEP
    hidden, positions = hide(rows, share, vocabulary, torch.Generator().manual_seed(1))
    assert len(positions) == 400 * 32
    chosen = torch.zeros(rows.numel(), dtype=torch.bool)
    chosen[positions] = True
    assert torch.equal(hidden.flatten()[~chosen], rows.flatten()[~chosen])
    assert not chosen.view(rows.shape)[:, [0, -1]].any()
    shown, true = hidden.flatten()[positions], rows.flatten()[positions]
    assert (shown == MASK).float().mean() == pytest.approx(0.8, abs=0.02)
    assert (shown == true).float().mean() == pytest.approx(0.1, abs=0.02)
    grid = chosen.view(rows.shape)
    starts = (grid[:, 1:] & ~grid[:, :-1]).sum()
    assert 2.0 < len(positions) / starts.item() < 4.0  # single tokens would give 1.3


# --- the run ---------------------------------------------------------------------------------


def test_the_rate_warms_up_holds_and_falls(settings: PretrainingConfig) -> None:
    rate = [masked_lm.learning_rate(s, settings) for s in (0, 0.015, 0.03, 0.5, 0.8, 1)]
    top = settings.learning_rate
    assert rate == pytest.approx([0, top / 2, top, top, top / 2, 0])


def _weights(folder: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    return load_file(folder / "model.safetensors")


def test_a_resumed_run_ends_where_an_unbroken_one_does(
    packed: Path, settings: PretrainingConfig, tmp_path: Path
) -> None:
    whole = pretrain(replace(settings, output=tmp_path / "whole"))
    parts = replace(settings, output=tmp_path / "parts", pause_after=1e-9)  # a step a part
    for _ in range(settings.steps - 1):
        assert pretrain(parts, resume=True) is None
        assert not parts.output.exists()
    assert pretrain(parts, resume=True) == parts.output
    one, other = _weights(whole), _weights(parts.output)
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_another_runs_checkpoint_is_refused(
    packed: Path, settings: PretrainingConfig, tmp_path: Path
) -> None:
    first = replace(settings, output=tmp_path / "e", steps=1)
    pretrain(first)
    with pytest.raises(InvalidConfig, match="resume"):
        pretrain(first)  # hours of work are not overwritten in silence
    pretrain(replace(first, steps=2), resume=True)  # a longer schedule is the same run
    with pytest.raises(InvalidConfig, match="e-checkpoint"):
        pretrain(replace(first, learning_rate=0.5), resume=True)


def test_rows_packed_anew_are_another_run(
    packed: Path, settings: PretrainingConfig, tmp_path: Path
) -> None:
    first = replace(settings, output=tmp_path / "e", steps=1)
    pretrain(first)
    other = prepare(replace(settings, packed=tmp_path / "p", vocabulary=1024))
    with pytest.raises(InvalidConfig, match="e-checkpoint"):
        pretrain(replace(first, packed=other, vocabulary=1024), resume=True)


def test_a_foreign_folder_is_no_output(settings: PretrainingConfig, tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters/a.txt").write_text("mine", "utf-8")
    with pytest.raises(InvalidConfig, match="letters"):
        pretrain(replace(settings, output=tmp_path / "letters"))


def test_training_stops_before_it_saves_nonsense(
    packed: Path, settings: PretrainingConfig, tmp_path: Path
) -> None:
    run = masked_lm._Run(replace(settings, output=tmp_path / "e"))
    run.save()
    before = run.checkpoint.read_bytes()
    run.recent = [torch.tensor(float("nan"))]
    with pytest.raises(InvalidConfig, match="learning_rate"):
        run.save()
    assert run.checkpoint.read_bytes() == before


def test_packed_rows_train_where_nothing_was_prepared(
    packed: Path, settings: PretrainingConfig, tmp_path: Path
) -> None:
    """On a machine lent for the training alone: no corpus, none of the libraries that read it."""
    config = replace(settings, output=tmp_path / "e", steps=1)
    recipe = "\n".join(
        f"{key} = {json.dumps(str(value) if isinstance(value, Path) else value)}"
        for key, value in asdict(config).items()
        if key not in ("weights", "exclude", "records")
    )
    recipe += f"\nexclude = [{json.dumps(str(config.exclude[0]))}]\n[weights]\nnews = 2.0\n"
    (tmp_path / "c.toml").write_text(recipe, "utf-8")
    missing = "jieba", "lxml", "pypdfium2", "charset_normalizer", "rensa", "sklearn", "datasets"
    code = (
        f"import sys, runpy; sys.modules.update(dict.fromkeys({missing!r}));"
        f"sys.argv = ['pretrain.py', {str(tmp_path / 'c.toml')!r}, '--resume'];"
        f"runpy.run_path({str(ROOT / 'scripts/pretrain.py')!r}, run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert (tmp_path / "e/model.safetensors").is_file()


def test_too_little_text(settings: PretrainingConfig, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "a.txt").write_text(
        "只有一小段话的语料，无论如何也不够训练一个编码器用，" * 3, "utf-8"
    )
    little = replace(
        settings, corpus=corpus, packed=tmp_path / "p", output=tmp_path / "e", weights={}
    )
    with pytest.raises(InvalidConfig, match="too few"):
        pretrain(little)


def test_it_learns_eight_rows_by_heart(
    packed: Path, settings: PretrainingConfig, tmp_path: Path
) -> None:
    """Positions, targets and gradients fit together, or this loss could not fall."""
    config = replace(
        settings, output=tmp_path / "e", width=128, head_width=32, steps=200, learning_rate=3e-3
    )
    run = masked_lm._Run(config)
    run.rows = run.rows[:8]
    run.train()
    frequencies = np.bincount(run.rows[run.rows >= len(SPECIAL)])
    shares = frequencies[frequencies > 0] / frequencies.sum()
    guessing = float(-(shares * np.log(shares)).sum())  # by frequency alone
    assert run.losses[-1]["loss"] < 0.7 * guessing


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # torch and transformers warn of their own futures
def test_the_encoder_learns_and_fine_tunes(
    packed: Path, settings: PretrainingConfig, some_records: list[Record], tmp_path: Path
) -> None:
    from zhaojing import Classifier
    from zhaojing.records import write_records
    from zhaojing.training import TrainingConfig, train_model

    longer = replace(settings, output=tmp_path / "encoder", steps=150, learning_rate=5e-3)
    folder = pretrain(longer)
    card = (folder / "README.md").read_text("utf-8")
    held_out = float(card.partition("never trained on: ")[2].split()[0])
    assert held_out < math.log(2048) - 0.5  # a uniform guess costs log(vocabulary)
    points = [json.loads(line) for line in (folder / "loss.jsonl").read_text().splitlines()]
    assert points[-1]["loss"] < points[0]["loss"]
    assert points[-1]["tokens"] == 150 * 8 * 32
    write_records(some_records[:8], tmp_path / "train.jsonl")
    write_records(some_records[8:12], tmp_path / "dev.jsonl")
    model = train_model(
        TrainingConfig(
            train=(tmp_path / "train.jsonl",),
            dev=(tmp_path / "dev.jsonl",),
            encoder=str(folder),
            output=tmp_path / "model",
            epochs=1,
        )
    )
    assert len(Classifier.load(model).classify(["会太多了。"])) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('corpus = "a"', "output"),
        ('corpus = "a"\noutput = "b"\nwidth = 100', "head_width"),
        ('corpus = "a"\noutput = "b"\nbatch_rows = 10', "micro_rows"),
        ('corpus = "a"\noutput = "b"\n[weights]\nnews = "x"', "weights"),
        ('corpus = "a"\noutput = "b"\n[weights]\nnews = -1', "between 0"),
        ('corpus = "a"\noutput = "b"\n[weights]\nnews = inf', "between 0"),
        ('corpus = "a"\noutput = "b"\nminutes = 0', "minutes"),
    ],
)
def test_faulty_configurations(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "c.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(InvalidConfig, match=said):
        PretrainingConfig.build(file, {})
