"""Write ``docs/results.md`` from the committed models and predictions: ``make results``."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from baselines import lexicon, majority
from predictions import read_predictions
from zhaojing import Classifier
from zhaojing.classifier import Prediction
from zhaojing.evaluation import evaluate, part, predict
from zhaojing.evaluation.behaviour import CEILINGS_FILE, TARGETS, check, read_ceilings
from zhaojing.evaluation.cases import FAIRNESS_FILE, read_capabilities
from zhaojing.evaluation.fairness import MEASURES, compare_pairs, read_pairs
from zhaojing.mode import MODES, Mode
from zhaojing.records import LabelledSentence, Record, read_records

ROOT = Path(__file__).parents[1]
BEHAVIOUR = ROOT / "data/behaviour"
HEADLINE = (
    ("categories.macro_f1", "practices macro-F1"),
    ("problems.macro_f1", "problems macro-F1"),
    ("role.accuracy", "role accuracy"),
    ("embellishment.quadratic_kappa", "level κ"),
    ("flagged.precision", "flagged P"),
    ("flagged.recall", "flagged R"),
)
FEW = 30  # sentences below which a slice is left out

Run = tuple[str, Callable[[str], list[Prediction]]]


def main() -> None:
    """Evaluate every run on dev and test and write the page."""
    gold = {name: read_records(ROOT / f"data/{name}.jsonl") for name in ("train", "dev", "test")}
    shipped = Classifier.load(ROOT / "models/default")
    given = {name: predict(shipped, gold[name]) for name in ("dev", "test")}
    runs: list[Run] = [
        ("commonest labels", lambda split: majority(gold["train"], gold[split])),
        ("word lists", lambda split: lexicon(gold[split])),
    ]
    for folder in sorted((ROOT / "results").glob("*/")):
        runs.append((folder.name, _reader(folder, gold)))
    runs.append(("**shipped model**", lambda split: given[split]))
    modes = {mode: Classifier.load(ROOT / "models/default", mode=mode) for mode in MODES}
    both = gold["dev"] + gold["test"], given["dev"] + given["test"]
    page = [
        _HEAD.format(manifest=shipped.manifest.kind),
        *(_split_table(split, gold[split], runs) for split in ("dev", "test")),
        _modes(gold, modes),
        _calibration(gold, given),
        _evidence(json.loads((ROOT / "results/evidence.json").read_text("utf-8"))),
        "## Where it is hard\n\nThe shipped model on dev and test together. *Right* is the share "
        "of sentences whose practices and role are both right.\n",
        _slices("probe", *both, lambda record, s: s.extra.get("probe", "none")),
        _slices("how written", *both, lambda record, s: record.extra.get("origin", "not said")),
        _slices("heading", *both, lambda record, s: "known" if s.heading else "none"),
        _slices("genre", *both, lambda record, s: record.genre),
        _practices(*both),
        _behaviour(shipped),
        _fairness(shipped),
    ]
    (ROOT / "docs/results.md").write_text("\n".join(page).rstrip() + "\n", encoding="utf-8")


def _reader(folder: Path, gold: dict[str, list[Record]]) -> Callable[[str], list[Prediction]]:
    def read(split: str) -> list[Prediction]:
        data = [ROOT / f"data/{split}.jsonl", ROOT / "data/train.jsonl"]
        return read_predictions(gold[split], folder / f"{split}.jsonl", data)

    return read


def _split_table(split: str, records: Sequence[Record], runs: Sequence[Run]) -> str:
    count = sum(len(record.sentences) for record in records)
    head = f"## {split}: {len(records)} documents, {count:,} sentences\n"
    rows = [f"| run | {' | '.join(title for _, title in HEADLINE)} |", "|---" * 7 + "|"]
    for name, run in runs:
        metrics = evaluate(records, run(split))
        cells = [_cell(metrics, key) for key, _ in HEADLINE]
        rows.append(f"| {name} | {' | '.join(cells)} |")
    return head + "\n" + "\n".join(rows) + "\n"


def _cell(metrics: dict[str, Any], key: str) -> str:
    group, name = key.split(".")
    value = metrics[group][name]
    if value is None:
        return "–"
    return f"{value:.3f}{_interval(metrics, key)}"


def _interval(metrics: dict[str, Any], key: str) -> str:
    ends = metrics["intervals"].get(key)
    return f" ({ends[0]:.3f}–{ends[1]:.3f})" if ends else ""


def _modes(gold: dict[str, list[Record]], modes: dict[Mode, Classifier]) -> str:
    lines = [
        "## Modes\n\n`--mode` chooses the thresholds, fitted on the training documents by "
        "cross-validation: *cautious* for a precision of 0.95, *balanced* for the best F1, "
        "*sensitive* for the best F2, a label each.\n",
        "| mode | split | flagged | flagged P | flagged R | practices macro-F1 |",
        "|---" * 6 + "|",
    ]
    for mode, classifier in modes.items():
        for split in ("dev", "test"):
            predictions = predict(classifier, gold[split])
            metrics = evaluate(gold[split], predictions)
            keys = ("flagged.precision", "flagged.recall", "categories.macro_f1")
            cells = " | ".join(_cell(metrics, key) for key in keys)
            flagged = sum(p.flagged for p in predictions)
            lines.append(f"| {mode} | {split} | {flagged} | {cells} |")
    return "\n".join(lines) + "\n"


def _calibration(gold: dict[str, list[Record]], given: dict[str, list[Prediction]]) -> str:
    lines = [
        "## Calibration\n\nAdaptive calibration error of the shipped model, 15 bins of equal size: "
        "how far stated probabilities lie from what happens.\n",
        "| split | practices (mean of six) | role given | embellishment score |",
        "|---" * 4 + "|",
    ]
    for split, predictions in given.items():
        metrics = evaluate(gold[split], predictions, resamples=0)
        heads = ("categories", "role", "embellishment")
        cells = " | ".join(f"{metrics[head]['calibration_error']:.3f}" for head in heads)
        lines.append(f"| {split} | {cells} |")
    return "\n".join(lines) + "\n"


def _evidence(found: dict[str, Any]) -> str:
    lines = [
        "## Evidence\n\nWhat the probability of a flag loses without the words shown as its evidence "
        "(comprehensiveness, high is good) and with nothing but them (sufficiency, low is good), "
        f"against as many words at random and those chosen by leaving out one word at a time; "
        f"{found['gold']}, {found['sentences']} flagged sentences in {found['documents']} "
        f"documents, {found['share']:.0%} of their characters, seed {found['seed']}, 95 % "
        "intervals over documents (`python scripts/faithfulness.py`).\n",
        "| words | comprehensiveness | sufficiency |",
        "|---" * 3 + "|",
    ]
    for name in ("shown", "random", "occlusion"):
        cells = (
            "{:.3f} ({:.3f}–{:.3f})".format(*found[name][measure])
            for measure in ("comprehensiveness", "sufficiency")
        )
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _slices(
    title: str,
    records: Sequence[Record],
    predictions: Sequence[Prediction],
    name_of: Callable[[Record, LabelledSentence], str],
) -> str:
    counts = Counter(name_of(record, s) for record in records for s in record.sentences)
    rows = []
    for name, count in counts.items():
        if count < FEW:
            continue
        chosen, given = part(records, predictions, lambda r, s, n=name: name_of(r, s) == n)
        metrics = evaluate(chosen, given)
        rows.append((_right(chosen, given), name, count, len(chosen), metrics))
    lines = [
        f"| {title} | sentences | documents | right | role accuracy | flagged P | flagged R |",
        "|---" * 7 + "|",
    ]
    for right, name, count, documents, metrics in sorted(rows, key=lambda row: row[0]):
        flags = (_short(metrics["flagged"][key]) for key in ("precision", "recall"))
        role = f"{metrics['role']['accuracy']:.3f}{_interval(metrics, 'role.accuracy')}"
        lines.append(
            f"| {name} | {count:,} | {documents} | {right:.3f} | {role} | {' | '.join(flags)} |"
        )
    return "\n".join(lines) + "\n"


def _right(records: Sequence[Record], predictions: Sequence[Prediction]) -> float:
    gold = [s for record in records for s in record.sentences]
    right = [
        set(s.categories) == set(p.categories) and s.role == p.role
        for s, p in zip(gold, predictions, strict=True)
    ]
    return sum(right) / len(right)


def _practices(records: Sequence[Record], predictions: Sequence[Prediction]) -> str:
    metrics = evaluate(records, predictions, resamples=0)
    lines = [
        "## Practice by practice\n",
        "| practice | precision | recall | F1 | support | F1 among problems | support |",
        "|---" * 7 + "|",
    ]
    for name, counts in metrics["categories"]["per_label"].items():
        problems = metrics["problems"]["per_label"][name]
        lines.append(
            f"| {name} | {_short(counts['precision'])} | {_short(counts['recall'])} "
            f"| {_short(counts['f1'])} | {counts['support']} "
            f"| {_short(problems['f1'])} | {problems['support']} |"
        )
    return "\n".join(lines) + "\n"


def _short(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


_HEAD = """# Results

Written by `make results` from `models/default` (kind: {manifest}) and the predictions in
`results/`; do not edit. In parentheses: 95 % intervals from 10,000 bootstrap resamples of
documents, seed 0; none is given for fewer than ten documents. `tfidf-10` and `tfidf-30` are the classical model trained on 10 and 30 % of the
training documents (`python scripts/learning_curve.py`, seed 0).

Test documents come from other writers and other briefs than the rest. The models were chosen on
cross-validation and dev. Test was looked at nine times while the corpus and the classical model
grew, and nothing was chosen on it.
"""


def _behaviour(classifier: Classifier) -> str:
    results = check(classifier, read_capabilities(BEHAVIOUR))
    ceilings = read_ceilings(BEHAVIOUR / CEILINGS_FILE)
    lines = [
        "## Behaviour\n\nShare of the cases in `data/behaviour` that fail, a capability, with Wilson's "
        "95 % interval; *ceiling* is what the tests allow, *target* what is aimed at "
        "(`zhaojing evaluate --behaviour data/behaviour`). None of the sentences was trained on.\n",
        "| capability | kind | cases | fail | ceiling | target |",
        "|---" * 6 + "|",
    ]
    for kind, target in TARGETS.items():
        chosen = [result for result in results if result.capability.kind == kind]
        cases = sum(len(result.capability.cases) for result in chosen)
        failures = sum(len(result.failures) for result in chosen)
        rate = f"{failures / cases:.1%}"
        lines.append(f"| **all {len(chosen)}** | {kind} | {cases:,} | {rate} | | {target:.0%} |")
    for result in results:
        name, (low, high) = result.capability.name, result.interval
        fail = f"{result.rate:.1%} ({low:.1%}–{high:.1%})"
        lines.append(
            f"| {name} | {result.capability.kind} | {len(result.capability.cases)} | {fail} "
            f"| {ceilings[name]:.0%} | {result.target:.0%} |"
        )
    return "\n".join(lines) + "\n"


def _fairness(classifier: Classifier) -> str:
    lines = [
        "## Fairness\n\nThe same deed told of a village and of a ministry, by a clumsy and by a skilled "
        "writer, in the idiom of 2008 and of 2026, in dialect and in standard language: the first less "
        "the second, with paired 95 % bootstrap intervals.\n",
        f"| axis | pairs | {' | '.join(MEASURES)} |",
        "|---" * (2 + len(MEASURES)) + "|",
    ]
    for axis in compare_pairs(classifier, read_pairs(BEHAVIOUR / FAIRNESS_FILE)):
        gaps = [axis.gaps[measure] for measure in MEASURES]
        cells = [f"{gap.difference:+.3f} ({_end(gap.low)}, {_end(gap.high)})" for gap in gaps]
        lines.append(f"| {axis.axis} | {axis.pairs} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _end(value: float | None) -> str:
    return "–" if value is None else f"{value:+.3f}"


if __name__ == "__main__":
    main()
