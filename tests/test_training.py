"""Training, end to end, for the classical model and for encoders of several families."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from conftest import document, sentence, write_jsonl
from zhaojing import Classifier, Context, InvalidConfig, InvalidModel, InvalidRecords
from zhaojing.features import Vectorizer
from zhaojing.heads import Calibration, Logits
from zhaojing.labels import CATEGORIES, LEVELS, ROLES
from zhaojing.records import Record, write_records
from zhaojing.training import TrainingConfig, train_model

pytest.importorskip("sklearn")


@pytest.fixture(scope="session")
def files(
    tmp_path_factory: pytest.TempPathFactory, some_records: list[Record]
) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("data")
    write_records(some_records[:32], folder / "train.jsonl")
    write_records(some_records[32:], folder / "dev.jsonl")
    return folder / "train.jsonl", folder / "dev.jsonl"


# --- configuration --------------------------------------------------------------------------


def test_command_line_overrides_the_file(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text('train = ["a.jsonl"]\noutput = "m"\nseed = 3\nlearning_rate = 1\n', "utf-8")
    config = TrainingConfig.build(file, {"seed": 5, "encoder": None})
    assert (config.seed, config.train, config.learning_rate) == (5, (Path("a.jsonl"),), 1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('train = ["a"]', "output"),
        ('output = "a"', "train"),
        ('train = ["a"]\noutput = "m"\nspeed = 1', "speed"),
        ('train = ["a"]\noutput = "m"\nseed = "x"', "seed"),
        ('train = ["a"]\noutput = "m"\ncontext = 1', "context"),
        ("train = [", "Invalid"),
        ('train = 3\noutput = "m"', "train"),
        ('train = [3]\noutput = "m"', "train"),
        ('train = ["a"]\ndev = true\noutput = "m"', "dev"),
        ('train = ["a"]\noutput = ["m"]', "output"),
    ],
)
def test_faulty_configurations(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "c.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(InvalidConfig, match=said):
        TrainingConfig.build(file, {})


# --- the classical model --------------------------------------------------------------------


@pytest.fixture(scope="session")
def linear_folder(tmp_path_factory: pytest.TempPathFactory, files: tuple[Path, Path]) -> Path:
    output = tmp_path_factory.mktemp("models") / "linear"
    return train_model(TrainingConfig(train=files[:1], dev=files[1:], output=output))


def test_it_learns_what_it_saw(linear_folder: Path, some_records: list[Record]) -> None:
    """Memorising training text is no merit, but failing to would be a bug."""
    classifier = Classifier.load(linear_folder)
    seen = some_records[:32]
    texts = [s.text for r in seen for s in r.sentences]
    contexts = [c for r in seen for c in r.contexts()]
    roles = [p.role for p in classifier.classify(texts, contexts=contexts)]
    gold = [s.role for r in seen for s in r.sentences]
    assert np.mean([a == b for a, b in zip(roles, gold, strict=True)]) > 0.9


def test_manifest_and_card_tell_the_whole_story(linear_folder: Path) -> None:
    manifest = json.loads((linear_folder / "zhaojing.json").read_text("utf-8"))
    origin = manifest["provenance"]
    assert manifest["labels"] == {
        "categories": list(CATEGORIES),
        "roles": list(ROLES),
        "levels": list(LEVELS),
    }
    assert [item["file"] for item in origin["data"]] == ["train.jsonl", "dev.jsonl"]
    assert origin["config"]["seed"] == 0
    assert set(origin["metrics"]) == {"5-fold cross-validation over documents", "dev"}
    assert origin["metrics"]["dev"]["n_documents"] == 8
    card = (linear_folder / "README.md").read_text("utf-8")
    assert "never a verdict" in card
    assert origin["data"][0]["sha256"] in card
    shown = origin["metrics"]["dev"]["role"]["accuracy"]
    assert f"{shown:.3f}" in card


def test_the_same_seed_gives_the_same_model(
    tmp_path: Path, files: tuple[Path, Path], linear_folder: Path
) -> None:
    again = train_model(TrainingConfig(train=files[:1], dev=files[1:], output=tmp_path / "m"))
    for name in ("model.safetensors", "vocabulary.txt"):
        assert (again / name).read_bytes() == (linear_folder / name).read_bytes()
    one, other = (
        json.loads((f / "zhaojing.json").read_text("utf-8")) for f in (again, linear_folder)
    )
    for manifest in (one, other):
        del manifest["provenance"]["created"]  # a day may have passed
    assert one == other


def test_a_label_without_examples_is_survived(tmp_path: Path) -> None:
    data = write_jsonl(
        tmp_path / "d.jsonl",
        *(
            document(f"d{i}", sentence(f"第{i}个会。"), sentence("好。", categories=[]))
            for i in range(6)
        ),
    )
    folder = train_model(TrainingConfig(train=(data,), output=tmp_path / "m"))
    assert Classifier.load(folder).classify(["第9个会。"])[0].role == "problem"


def test_bad_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidRecords):
        train_model(TrainingConfig(train=(tmp_path / "无.jsonl",), output=tmp_path / "m"))
    data = write_jsonl(tmp_path / "d.jsonl", document())
    with pytest.raises(InvalidConfig, match="--dev"):
        train_model(TrainingConfig(train=(data,), output=tmp_path / "m", encoder="x"))
    assert not (tmp_path / "m").exists()


def test_a_folder_that_holds_something_else_is_never_replaced(
    tmp_path: Path, files: tuple[Path, Path]
) -> None:
    thesis = tmp_path / "work" / "thesis.txt"
    thesis.parent.mkdir()
    thesis.write_text("三年的心血", "utf-8")
    for output in (thesis.parent, thesis, tmp_path):
        with pytest.raises(InvalidConfig) as caught:
            train_model(TrainingConfig(train=files[:1], output=output))
        assert caught.value.key == "train.occupied"
    assert thesis.read_text("utf-8") == "三年的心血"


@pytest.mark.parametrize(
    "settings",
    [{"folds": 1}, {"seed": -1}, {"regularization": 0.0}, {"min_count": 0}, {"epochs": -1}],
)
def test_settings_out_of_range(tmp_path: Path, settings: dict[str, float]) -> None:
    with pytest.raises(InvalidConfig) as caught:
        TrainingConfig.build(None, {"train": ["a"], "output": "m", **settings})
    assert caught.value.key == "config.range"


def test_a_move_that_fails_leaves_the_old_model(
    tmp_path: Path, files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "m"
    output.mkdir()
    (output / "zhaojing.json").write_text("the old model", "utf-8")
    rename = Path.rename

    def fail(self: Path, target: Path) -> Path:
        if self.name == "model":  # the new one, out of its scratch folder
            raise PermissionError("in use")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(PermissionError):
        train_model(TrainingConfig(train=files[1:], output=output, folds=2))
    assert (output / "zhaojing.json").read_text("utf-8") == "the old model"
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


def test_features_that_no_sentence_shares(tmp_path: Path, files: tuple[Path, Path]) -> None:
    with pytest.raises(InvalidConfig) as caught:
        train_model(TrainingConfig(train=files[:1], output=tmp_path / "m", min_count=1000))
    assert caught.value.key == "train.no_features"


def test_features_are_tf_idf_of_unit_length() -> None:
    texts, contexts = ["开会开会发文", "发文"], [Context(), Context()]
    vectorizer = Vectorizer.fit(texts, contexts, min_count=1)
    starts, columns, weights = vectorizer.transform(texts[:1], contexts[:1])
    blocks = np.array([vectorizer.features[c][0] for c in columns])
    assert starts.tolist() == [0, len(columns)]
    for block, scale in [("characters", 1.0), ("words", 1.0), ("shape", 0.3)]:
        assert np.linalg.norm(weights[blocks == block]) == pytest.approx(scale, rel=1e-5)
    row = {vectorizer.features[c]: w for c, w in zip(columns, weights, strict=True)}
    # 开会 stands twice and in one text of two, 发文 once and in both
    ratio = (1 + np.log(2)) * (np.log(3 / 2) + 1) / 1.0
    assert row["words", "开会"] / row["words", "发文"] == pytest.approx(ratio, rel=1e-5)


def test_what_is_in_the_vocabulary_is_known_in_its_block() -> None:
    vocabulary = "words\t会议\ncharacters\t会议\ncharacters\tck\nprevious\t会议\n"
    vectorizer = Vectorizer(vocabulary.encode(), np.ones(4, np.float32))
    for text, previous, known in [
        ("会议", "", [1, 0]),
        ("会", "会议", [3]),
        ("ck", "", [2]),
        ("正", "", []),  # the two bytes of "ck" in Python's memory, hence the same hash
        ("", "", []),
    ]:
        found = vectorizer.transform([text], [Context(previous=previous)])[1]
        assert sorted(found.tolist()) == sorted(known)


def test_as_many_weights_as_features() -> None:
    with pytest.raises(ValueError, match="1 features, 2 weights"):
        Vectorizer("words\t会议\n".encode(), np.ones(2, np.float32))


def test_calibration_recovers_a_known_distortion() -> None:
    from zhaojing.training.calibrate import fit_calibration
    from zhaojing.training.examples import Targets

    rng = np.random.default_rng(0)
    true = rng.normal(size=(20_000, 9)) * 2
    targets = Targets(
        rng.random((20_000, 6)) < 1 / (1 + np.exp(-true[:, :6])),
        np.array([rng.choice(4, p=p) for p in np.full((20_000, 4), 0.25)]),
        np.zeros(20_000, dtype=int),
    )
    # the model says (logit - 1) / 2, so slope 2 and intercept 1 undo it... up to noise
    logits = Logits((true[:, :6] - 1) / 2, np.zeros((20_000, 4)), np.full((20_000, 3), -9.0))
    found = fit_calibration(logits, targets)
    assert found.slope[:6] == pytest.approx([2.0] * 6, abs=0.1)
    assert found.intercept[:6] == pytest.approx([1.0] * 6, abs=0.1)
    assert isinstance(found, Calibration)


# --- encoders -------------------------------------------------------------------------------


def tiny_checkpoint(folder: Path, family: str, dtype: str = "float32", text: str = "") -> Path:
    """Write a randomly initialised encoder with a character tokenizer."""
    transformers, torch = pytest.importorskip("transformers"), pytest.importorskip("torch")
    characters = [*map(chr, range(0x4E00, 0x4E00 + 400)), *"的会文件检查一二三，。12", *text]
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *dict.fromkeys(characters)]
    shape = {
        "vocab_size": len(vocabulary),
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 64,
    }
    config = {
        "bert": lambda: transformers.BertConfig(**shape),
        "electra": lambda: transformers.ElectraConfig(**shape, embedding_size=16),
        "modernbert": lambda: transformers.ModernBertConfig(
            **shape, pad_token_id=0, cls_token_id=2, sep_token_id=3, bos_token_id=2, eos_token_id=3
        ),
    }[family]()
    folder.mkdir(parents=True)
    (folder / "vocab.txt").write_text("\n".join(vocabulary), "utf-8")
    tokenizer = transformers.BertTokenizerFast(vocab=str(folder / "vocab.txt"))
    tokenizer.save_pretrained(folder)
    transformers.AutoModel.from_config(config).to(getattr(torch, dtype)).save_pretrained(folder)
    return folder


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # torch and transformers warn of their own futures
@pytest.mark.parametrize(
    ("family", "dtype"),
    [("bert", "float32"), ("bert", "bfloat16"), ("electra", "float32"), ("modernbert", "float32")],
)
def test_an_encoder_trains_saves_and_loads(
    tmp_path: Path, files: tuple[Path, Path], family: str, dtype: str, some_records: list[Record]
) -> None:
    encoder = tiny_checkpoint(tmp_path / "encoder", family, dtype)
    config = TrainingConfig(
        train=files[:1], dev=files[1:], output=tmp_path / "model", encoder=str(encoder), epochs=1
    )
    folder = train_model(config)
    classifier = Classifier.load(folder)
    assert classifier.manifest.kind == "encoder"
    texts = [s.text for s in some_records[0].sentences]
    contexts = some_records[0].contexts()
    first = classifier.classify(texts, contexts=contexts)
    again = Classifier.load(folder).classify(texts[::-1], contexts=contexts[::-1])[::-1]
    for one, other in zip(first, again, strict=True):
        assert one.role_scores == pytest.approx(other.role_scores, abs=1e-5)
        assert one.embellishment_score == pytest.approx(other.embellishment_score, abs=1e-5)
    assert not list(folder.rglob("*.bin")) + list(folder.rglob("*.pt"))
    damaged = json.loads((folder / "config.json").read_text("utf-8")) | {"num_hidden_layers": 3}
    (folder / "config.json").write_text(json.dumps(damaged), "utf-8")
    with pytest.raises(InvalidModel):
        Classifier.load(folder)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_a_run_resumes_from_its_last_checkpoint(tmp_path: Path, files: tuple[Path, Path]) -> None:
    encoder = tiny_checkpoint(tmp_path / "encoder", "bert")

    def config(epochs: int, name: str) -> TrainingConfig:
        return TrainingConfig(
            train=files[:1], dev=files[1:], output=tmp_path / name, encoder=str(encoder),
            epochs=epochs, patience=9,
        )  # fmt: skip

    train_model(config(1, "model"))
    checkpoints = tmp_path / "model-checkpoints"
    before = {path.name for path in checkpoints.iterdir()}
    train_model(config(2, "model"), resume=True)
    states = sorted(checkpoints.glob("*/trainer_state.json"), key=os.path.getmtime)
    history = json.loads(states[-1].read_text("utf-8"))["log_history"]
    assert {path.name for path in checkpoints.iterdir()} > before
    assert [entry["epoch"] for entry in history if "eval_loss" in entry] == [1.0, 2.0]
    with pytest.raises(InvalidConfig) as caught:  # other settings are another run
        train_model(replace(config(3, "model"), seed=7), resume=True)
    assert caught.value.key == "train.other_run"


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_code_in_an_encoder_folder_is_never_run(
    tmp_path: Path, files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = tiny_checkpoint(tmp_path / "encoder", "bert")
    (encoder / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n", "utf-8")
    config = json.loads((encoder / "config.json").read_text("utf-8"))
    config |= {
        "model_type": "unheard-of",
        "auto_map": {"AutoConfig": "evil.C", "AutoModel": "evil.M"},
    }
    (encoder / "config.json").write_text(json.dumps(config), "utf-8")
    monkeypatch.setattr("builtins.input", lambda *_: "y")
    with pytest.raises(InvalidConfig):
        train_model(
            TrainingConfig(
                train=files[:1], dev=files[1:], output=tmp_path / "m", encoder=str(encoder)
            )
        )
    assert not (tmp_path / "ran").exists()


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_an_encoder_that_is_not_there(tmp_path: Path, files: tuple[Path, Path]) -> None:
    config = TrainingConfig(
        train=files[:1], dev=files[1:], output=tmp_path / "m", encoder=str(tmp_path / "nowhere")
    )
    with pytest.raises(InvalidConfig) as caught:
        train_model(config)
    assert caught.value.key == "encoder.offline"


def test_corn_probabilities_fall() -> None:
    pytest.importorskip("torch")
    from zhaojing.encoder import to_logits

    columns = np.zeros((1, 13))
    columns[0, -3:] = [0.0, 5.0, 5.0]
    exceed = 1 / (1 + np.exp(-to_logits(columns).levels[0]))
    assert exceed[0] == pytest.approx(0.5)
    assert exceed[0] > exceed[1] > exceed[2] > 0.49


@pytest.mark.slow
@pytest.mark.parametrize(("given", "seen"), [({}, "1"), ({"HF_HUB_OFFLINE": "0"}, "0")])
def test_a_local_folder_switches_the_hub_off_unless_told_otherwise(
    tmp_path: Path, files: tuple[Path, Path], given: dict[str, str], seen: str
) -> None:
    encoder = tiny_checkpoint(tmp_path / "encoder", "bert")
    (encoder / "config.json").unlink()  # so that training stops where loading begins
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom zhaojing import ZhaojingError\n"
        "from zhaojing.training import TrainingConfig, train_model\n"
        f"config = TrainingConfig(train=(Path({str(files[0])!r}),), dev=(Path({str(files[1])!r}),),"
        f" output=Path({str(tmp_path / 'm')!r}), encoder={str(encoder)!r})\n"
        "try:\n    train_model(config)\nexcept ZhaojingError as error:\n"
        "    print(error.key, os.environ['HF_HUB_OFFLINE'])"
    )
    env = {k: v for k, v in os.environ.items() if k != "HF_HUB_OFFLINE"} | given
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["encoder.offline", seen], done.stderr[-2000:]
