"""The model card that every training run writes (Mitchell et al. 2019, its headings)."""

from __future__ import annotations

from typing import Any

from zhaojing.labels import Category
from zhaojing.model_folder import Manifest

_SHOWN = (
    ("categories", "macro_f1"),
    ("categories", "micro_f1"),
    ("problems", "macro_f1"),
    ("role", "accuracy"),
    ("role", "macro_f1"),
    ("embellishment", "quadratic_kappa"),
    ("embellishment", "spearman"),
    ("flagged", "precision"),
    ("flagged", "recall"),
    ("flagged", "f1"),
)


def model_card(manifest: Manifest) -> str:
    """Return the card as Markdown; every figure in it comes from ``manifest``."""
    origin = manifest.provenance
    config = origin["config"]
    data = "\n".join(f"- `{item['file']}`, SHA-256 `{item['sha256']}`" for item in origin["data"])
    settings = "\n".join(f"- `{key}`: `{value}`" for key, value in config.items())
    libraries = ", ".join(f"{name} {number}" for name, number in origin["libraries"].items())
    return f"""# Model card: zhaojing {manifest.kind} model

## Model details

A multi-task classifier of Chinese sentences: six practices of formalism and bureaucratism
({", ".join(category.value for category in Category)}), four roles, and an embellishment score
in [0, 1]. Kind `{manifest.kind}`, encoder `{config["encoder"]}`, context
{"on" if manifest.uses_context else "off"}, seed {config["seed"]}. Trained on
{origin["created"]} with zhaojing {origin["zhaojing"]} on {origin["hardware"]}
({libraries}).

## Intended use

Finding sentences in Chinese official reports that a person should read again, and labelling
corpora for research. **A score is a lead for a person, never a verdict on anyone.** It must not
be used to rank, reward or punish people or offices by itself.

## Factors

Genre, region, year, skill of the writer and tidiness of the page all change how reliable the
labels are; sentences without their heading and predecessor are harder.

## Metrics

Macro-F1 over the categories; the same counting problems only; accuracy of the role; quadratic
kappa and Spearman's correlation of the level; precision and recall of the flag. Definitions are
in `docs/annotation-guideline.md` and `src/zhaojing/evaluation/`.

## Training data

{origin["train"]["sentences"]} sentences in {origin["train"]["documents"]} documents:

{data}

Written and labelled for this project with machine assistance; no real person is named.

## Evaluation data and quantitative analyses

{_tables(origin["metrics"])}

## Ethical considerations

Reports are confidential; the model runs offline and keeps nothing. A model of what a text says flags
the office that admits a fault in plain words sooner than the one that hides it well: roles are
labelled apart for this reason, but read the sentence before you think anything of its writer.

## Caveats and recommendations

Trained on imitated and retold text: measure it on two hundred sentences of your own before you
rely on it. Thresholds are those of maximum F1 on held-out documents.

## Settings

{settings}
"""


def _tables(metrics: dict[str, Any]) -> str:
    parts = []
    for name, values in metrics.items():
        rows = "\n".join(f"| {a}.{b} | {_number(values[a][b])} |" for a, b in _SHOWN)
        labels = "\n".join(
            f"| {key} | {_number(v['precision'])} | {_number(v['recall'])} | {_number(v['f1'])} "
            f"| {v['support']} |"
            for key, v in values["categories"]["per_label"].items()
        )
        parts.append(
            f"### {name} ({values['n_documents']} documents, {values['n_sentences']} sentences)\n\n"
            f"| metric | value |\n|---|---|\n{rows}\n\n"
            f"| category | precision | recall | F1 | support |\n|---|---|---|---|---|\n{labels}"
        )
    return "\n\n".join(parts)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
