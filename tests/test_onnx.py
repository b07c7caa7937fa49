"""Encoders without torch: exported, exact in any company, and safe with a stranger's folder."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import ROOT
from test_training import tiny_checkpoint
from zhaojing import Classifier, Context, InvalidConfig, InvalidModel, MissingExtra, OutputFailed
from zhaojing.context import NO_CONTEXT
from zhaojing.model_folder import ENCODER, ONNX, Manifest
from zhaojing.normalize import normalize
from zhaojing.passage import N_SURROUNDINGS, PassageModel
from zhaojing.records import read_records
from zhaojing.training.examples import Targets

pytest.importorskip("onnxruntime")
pytest.importorskip("tokenizers")

MAX_LENGTH = 64


def dev_sentences(limit: int) -> tuple[list[str], list[Context]]:
    records = read_records(ROOT / "data" / "dev.jsonl")
    texts = [s.text for r in records for s in r.sentences][:limit]
    return texts, [c for r in records for c in r.contexts()][:limit]


def torch_folder(folder: Path, family: str) -> Path:
    """Write a tiny encoder that has learnt a little, so that its outputs vary with the text."""
    pytest.importorskip("onnxscript")
    torch = pytest.importorskip("torch")
    from zhaojing.encoder import EncoderModel, encode, load_pretrained

    torch.manual_seed(0)
    records = read_records(ROOT / "data" / "dev.jsonl")
    texts, contexts = dev_sentences(320)
    known = "".join(sorted(set("".join(map(normalize, texts))) - {" "}))
    network, tokenizer = load_pretrained(
        str(tiny_checkpoint(folder / "start", family, text=known)), 0.0
    )
    targets = Targets.of(records)
    optimizer = torch.optim.Adam(network.parameters(), lr=5e-3)
    for step in range(60):
        rows = slice(step % 10 * 32, step % 10 * 32 + 32)
        inputs = encode(
            tokenizer, [normalize(text) for text in texts[rows]], contexts[rows], 48,
            padding=True, return_tensors="pt",
        )  # fmt: skip
        loss = network(
            **inputs,
            categories=torch.tensor(targets.categories[rows]),
            role=torch.tensor(targets.roles[rows]),
            level=torch.tensor(targets.levels[rows]),
        )["loss"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model = EncoderModel(network, tokenizer, MAX_LENGTH)
    target = folder / "torch"
    target.mkdir()
    model.save(target)
    rng = np.random.default_rng(0)
    shapes = {"hidden": (N_SURROUNDINGS, 8), "hidden_bias": (8,)}
    shapes |= {"output": (8, 13), "output_bias": (13,)}
    weights = {k: rng.normal(size=v).astype(np.float32) * 0.3 for k, v in shapes.items()}
    PassageModel(**weights).save(target)
    Manifest(ENCODER, provenance={"seed": 7}).write(target)
    (target / "README.md").write_text("# The card of the encoder\n", "utf-8")
    return target


@pytest.fixture(scope="session", params=["bert", "electra", "modernbert"])
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A torch folder and its export."""
    from zhaojing.training.export import export_model

    folder = tmp_path_factory.mktemp(request.param)
    source = torch_folder(folder, request.param)
    return source, export_model(source, folder / "onnx")


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One export, whatever the family."""
    from zhaojing.training.export import export_model

    folder = tmp_path_factory.mktemp("exported")
    return export_model(torch_folder(folder, "bert"), folder / "onnx")


@pytest.fixture
def copy(exported: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(exported, tmp_path / "copy"))


# --- the export -----------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_torch_and_onnx_agree(pair: tuple[Path, Path]) -> None:
    source, output = pair
    texts, contexts = dev_sentences(600)
    before, after = Classifier.load(source), Classifier.load(output)
    texts = [normalize(text) for text in texts]
    seen = [context.normalized() for context in contexts]
    one = before.model.logits(texts, seen).columns()
    other = after.model.logits(texts, seen).columns()
    spread = one[:, :10].std(axis=0).mean()
    assert spread > 0.2  # else they agree on nothing
    apart = (one - other)[:, :10]
    assert np.abs(apart).max() < 0.05 * spread
    assert np.sqrt(np.mean(apart**2)) < 0.01 * spread
    middle = np.median(one[:, :6], axis=0)  # a threshold that half of the sentences pass
    given_before, given_after = one[:, :6] > middle, other[:, :6] > middle
    assert (given_before == given_after).mean() >= 0.995
    roles_before, roles_after = (columns[:, 6:10].argmax(axis=1) for columns in (one, other))
    assert (roles_before == roles_after).mean() >= 0.995


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_the_tokens_are_those_of_training(pair: tuple[Path, Path]) -> None:
    from tokenizers import Tokenizer

    from zhaojing.encoder import EncoderModel, encode
    from zhaojing.encoder_io import beside

    source, output = pair
    tokenizer = Tokenizer.from_file(str(output / "tokenizer.json"))
    peer = EncoderModel.load(source)
    contexts = [NO_CONTEXT, Context("一、检查", "会" * 90), Context("", "文件。")]
    for text in ("", "的会", "文" * 300, "检查 2012 �\x00😀"):
        for context in contexts:
            expected = encode(peer.tokenizer, [text], [context], peer.max_length)
            found = tokenizer.encode(text, beside(context))
            assert found.ids == expected["input_ids"][0]
            if "token_type_ids" in expected:  # not every family has them
                assert found.type_ids == expected["token_type_ids"][0]
            assert len(found.ids) <= MAX_LENGTH


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_everything_else_is_carried_over(pair: tuple[Path, Path]) -> None:
    import onnx

    source, output = pair
    before, after = Manifest.read(source), Manifest.read(output)
    assert after.kind == ONNX
    assert (after.calibration, after.thresholds) == (before.calibration, before.thresholds)
    assert after.provenance["seed"] == 7
    assert after.provenance["export"]["onnxruntime"]
    assert (output / "README.md").read_text("utf-8").startswith("# The card of the encoder\n")
    assert {file.name for file in output.iterdir()} == {
        "README.md", "model.onnx", "tokenizer.json", "zhaojing.json",
    }  # fmt: skip
    graph = onnx.load(output / "model.onnx", load_external_data=False)
    onnx.checker.check_model(graph)
    assert {o.domain: o.version for o in graph.opset_import}[""] <= 19
    axes = [d.dim_param for d in graph.graph.input[0].type.tensor_type.shape.dim]
    assert all(axes)
    size = {
        kind: sum(np.prod(t.dims) for t in graph.graph.initializer if t.data_type == kind)
        for kind in (onnx.TensorProto.INT8, onnx.TensorProto.FLOAT)
    }
    assert size[onnx.TensorProto.INT8] > 20_000
    assert size[onnx.TensorProto.FLOAT] < size[onnx.TensorProto.INT8] / 5  # scales, norms, the head
    assert b"site-packages" not in (output / "model.onnx").read_bytes()


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_the_second_look_is_carried_over(exported: Path, tmp_path: Path) -> None:
    from zhaojing.training.export import export_model

    source = Path(shutil.copytree(exported.parent / "torch", tmp_path / "torch"))
    Manifest(ENCODER, looks_twice=True).write(source)
    done = subprocess.run(
        [sys.executable, "-m", "zhaojing", "model", "export", source, "-o", tmp_path / "onnx"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert done.stderr.count("\n") == 1
    assert Classifier.load(tmp_path / "onnx").passage_model is not None
    again = export_model(source, tmp_path / "onnx")  # takes the place of a model, as training does
    assert Manifest.read(again).looks_twice


@pytest.mark.filterwarnings("default")
def test_what_is_not_exported(tmp_path: Path) -> None:
    from zhaojing.training.export import export_model

    with pytest.raises(InvalidConfig) as caught:
        export_model(ROOT / "models" / "default", tmp_path / "out")
    assert caught.value.key == "export.kind"
    encoder = tmp_path / "encoder"
    encoder.mkdir()
    Manifest(ENCODER).write(encoder)
    with pytest.raises(OutputFailed) as same:
        export_model(encoder, tmp_path / "." / "encoder")
    assert same.value.key == "output.is_input"
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "thesis.txt").write_text("三年的心血", "utf-8")
    with pytest.raises(InvalidConfig) as taken:
        export_model(encoder, tmp_path / "taken")
    assert taken.value.key == "train.occupied"
    with pytest.raises(InvalidModel):
        export_model(tmp_path / "nowhere", tmp_path / "out")
    assert not (tmp_path / "out").exists()


# --- at work --------------------------------------------------------------------------------


@pytest.mark.slow
def test_company_order_and_threads_change_nothing(exported: Path) -> None:
    classifier = Classifier.load(exported)
    texts, contexts = dev_sentences(120)
    together = classifier.classify(texts, contexts=contexts)
    alone = [
        classifier.classify([text], contexts=[context])[0]
        for text, context in zip(texts, contexts, strict=True)
    ]
    assert alone == together
    assert classifier.classify(texts[::-1], contexts=contexts[::-1])[::-1] == together
    with ThreadPoolExecutor(4) as pool:  # one session serves them all
        threads = list(pool.map(lambda k: classifier.classify([texts[k]], contexts=[contexts[k]])[0], range(120)))  # fmt: skip
    assert threads == together
    code = (
        "import sys; from zhaojing import Classifier, Context;"
        "print(Classifier.load(sys.argv[1]).classify([sys.argv[2]], "
        "contexts=[Context(*sys.argv[3:])])[0].to_json())"
    )
    worker = [sys.executable, "-c", code, exported, texts[5], contexts[5].heading, contexts[5].previous]  # fmt: skip
    done = subprocess.run(worker, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(together[5].to_json())


@pytest.mark.slow
def test_a_repeated_sentence_is_computed_once(
    exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model: Any = Classifier.load(exported).model
    seen: list[str] = []
    row = model._row
    monkeypatch.setattr(model, "_row", lambda text, other: seen.append(text) or row(text, other))
    columns = model.logits(
        ["开会", "文件", "开会", "开会"], [NO_CONTEXT] * 3 + [Context("会")]
    ).columns()
    assert seen == ["开会", "文件", "开会"]  # the last stands elsewhere
    assert (columns[0] == columns[2]).all()
    assert not (columns[0] == columns[3]).all()
    assert model.logits([], []).columns().shape == (0, 13)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_evidence_is_what_a_word_takes_away(pair: tuple[Path, Path]) -> None:
    source, output = pair
    text, context = "检查文件太多,会也多。", Context("一、会", "文件")
    one, other = (
        Classifier.load(folder).model.relevance(text, context, [0, 2])
        for folder in (source, output)
    )
    assert other.shape == (len(text),)
    assert np.abs(one).max() > 0
    assert other == pytest.approx(one, abs=0.15)


@pytest.mark.slow
def test_it_needs_no_torch(exported: Path) -> None:
    code = (
        "import sys; sys.modules.update(dict.fromkeys(('torch', 'transformers', 'onnx')));"
        "from zhaojing import Classifier; c = Classifier.load(sys.argv[1]);"
        "print(c.classify(['会太多。'])[0].role)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, exported], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip()


@pytest.mark.slow
@pytest.mark.parametrize("missing", ["onnxruntime", "tokenizers"])
def test_the_extra_is_named(exported: Path, missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "zhaojing.onnx_model", raising=False)
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(MissingExtra, match=r"zhaojing\[onnx\]"):
        Classifier.load(exported)


# --- a stranger's folder --------------------------------------------------------------------


def edited(folder: Path, change: Callable[[Any], None]) -> Path:
    onnx = pytest.importorskip("onnx")
    graph = onnx.load(folder / "model.onnx")
    change(graph)
    (folder / "model.onnx").write_bytes(graph.SerializeToString())
    return folder


def outside(place: str) -> Callable[[Any], None]:
    """Make a weight point to bytes 0 to n of the file ``place``."""

    def change(graph: Any) -> None:
        from onnx.external_data_helper import set_external_data

        tensor = max(graph.graph.initializer, key=lambda item: len(item.raw_data))
        size = len(tensor.raw_data)
        set_external_data(tensor, place, offset=0, length=size)
        tensor.ClearField("raw_data")

    return change


@pytest.mark.slow
@pytest.mark.parametrize("where", ["inside", "beside", "working folder", "absolute", "memory"])
def test_weights_in_other_files_are_refused(
    copy: Path, tmp_path: Path, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in (copy, tmp_path):
        (folder / "secret.bin").write_bytes(bytes(1 << 20))
    place = {
        "inside": "secret.bin",
        "working folder": "secret.bin",
        "beside": "../secret.bin",
        "absolute": str(tmp_path / "secret.bin"),
        "memory": "*/_ORT_MEM_ADDR_/*",
    }[where]
    edited(copy, outside(place))
    with pytest.raises(InvalidModel):
        Classifier.load(copy)


@pytest.mark.slow
def test_operators_of_a_strangers_library_are_unknown(copy: Path) -> None:
    def change(graph: Any) -> None:
        graph.graph.node[0].domain = "evil"
        graph.opset_import.add(domain="evil", version=1)

    with pytest.raises(InvalidModel):
        Classifier.load(edited(copy, change))


@pytest.mark.slow
def test_another_format_is_not_recognised(copy: Path) -> None:
    """The other format of onnxruntime is told by four bytes; they must not make it change over."""
    expected = Classifier.load(copy).classify(["检查"])
    content = (copy / "model.onnx").read_bytes()
    assert content[2:4] == b"\x12\x07"  # the producer's name, which nobody reads
    (copy / "model.onnx").write_bytes(content[:4] + b"ORTM" + content[8:])
    assert Classifier.load(copy).classify(["检查"]) == expected


def _rename_input(graph: Any) -> None:
    graph.graph.input[0].name = "strange"


def _drop_output(graph: Any) -> None:
    del graph.graph.output[:]


def _poison(graph: Any) -> None:
    floats = [t for t in graph.graph.initializer if t.data_type == 1 and list(t.dims) == [13]]
    floats[0].raw_data = np.full(13, np.nan, np.float32).tobytes()


@pytest.mark.slow
@pytest.mark.parametrize("change", [_rename_input, _drop_output, _poison])
def test_a_graph_that_is_no_model_of_ours(copy: Path, change: Callable[[Any], None]) -> None:
    with pytest.raises(InvalidModel):
        Classifier.load(edited(copy, change))


@pytest.mark.slow
def test_a_tokenizer_of_another_model(copy: Path) -> None:
    file = copy / "tokenizer.json"
    value = json.loads(file.read_text("utf-8"))
    file.write_text(json.dumps(value | {"truncation": None}), "utf-8")
    with pytest.raises(InvalidModel):
        Classifier.load(copy)
    value["model"]["vocab"]["会"] = 10**6  # a token beyond the table, met only in a sentence
    file.write_text(json.dumps(value), "utf-8")
    with pytest.raises(InvalidModel):
        Classifier.load(copy).classify(["会"])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_a_missing_file_is_named(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(InvalidModel, match=name):
        Classifier.load(copy)


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), name=st.sampled_from(["model.onnx", "tokenizer.json"]))
def test_damage_ends_in_one_error(
    exported: Path, data: st.DataObject, name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = Path(shutil.copytree(exported, tmp_path_factory.mktemp("damaged") / "m"))
    content = bytearray((folder / name).read_bytes())
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content) - 1)) :]
    else:
        for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=8)):
            content[place] = data.draw(st.integers(0, 255))
    (folder / name).write_bytes(content)
    try:
        columns = Classifier.load(folder).model.logits(["检查文件"], [NO_CONTEXT]).columns()
    except InvalidModel:
        return
    assert np.isfinite(columns).all()
