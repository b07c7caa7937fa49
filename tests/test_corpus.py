"""A corpus is checked, described and compared; every check can fail."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import ROOT, document, sentence, write_jsonl
from zhaojing.corpus.agreement import agreement
from zhaojing.corpus.checks import check_corpus, read_corpus
from zhaojing.corpus.similar import shingles, similar_pairs
from zhaojing.corpus.stats import prose, statistics
from zhaojing.errors import InvalidRecords
from zhaojing.records import FaultyRecords, read_records

LONG = "年初只报备了一项综合检查，年底一算，同一家企业先后被查了整整九回。"
LIKE = "年初只报备了一项综合检查，年底一算，同一家企业先后被查了整整八回。"


@given(st.lists(st.text(alphabet="甲乙丙丁", max_size=30), max_size=12))
def test_the_join_finds_exactly_what_brute_force_finds(texts: list[str]) -> None:
    sets = [shingles(text, 3) for text in texts]
    expected = {
        (i, j)
        for i, j in combinations(range(len(texts)), 2)
        if sets[i] and sets[j] and len(sets[i] & sets[j]) / len(sets[i] | sets[j]) >= 0.6
    }
    assert {(i, j) for i, j, _ in similar_pairs(texts, 0.6, 3)} == expected


def corpus(folder: Path, **splits: list[dict[str, object]]) -> Path:
    for name, documents in splits.items():
        write_jsonl(folder / f"{name}.jsonl", *documents)
    return folder


def keys(folder: Path) -> set[str]:
    return {finding.key for finding in check_corpus(folder, read_corpus(folder))}


def test_a_clean_corpus_has_no_finding(tmp_path: Path) -> None:
    train = [document("a", sentence("会太多。")), document("b", sentence("（二）整改措施"))]
    test = [document("c", sentence("（二）整改措施"), sentence("全年修路32公里，通了三个村。"))]
    assert keys(corpus(tmp_path, train=train, test=test)) == set()


@pytest.mark.parametrize("other", [LONG, LIKE], ids=["exact", "near"])
def test_a_sentence_in_two_splits(tmp_path: Path, other: str) -> None:
    folder = corpus(
        tmp_path,
        train=[document("a", sentence(LONG), sentence("甲乡的路修到了村口，老人出门方便多了。"))],
        test=[document("b", sentence(other), sentence("乙厂的锅炉换成了燃气的，烟囱拆了两座。"))],
    )
    assert keys(folder) == {"corpus.across"}


def test_repetition_within_a_split(tmp_path: Path) -> None:
    others = ["甲乡的路修到了村口，老人出门方便多了。", "乙厂的锅炉换成了燃气的，烟囱拆了两座。"]
    documents = [
        document(n, sentence(LONG), sentence(o)) for n, o in zip("ab", others, strict=True)
    ]
    assert keys(corpus(tmp_path, train=documents)) == {"corpus.within"}


def test_two_documents_alike(tmp_path: Path) -> None:
    assert "corpus.documents" in keys(
        corpus(tmp_path, train=[document("a", sentence(LONG)), document("b", sentence(LIKE))])
    )


def test_a_run_in_four_documents_unless_allowed(tmp_path: Path) -> None:
    run = "深入贯彻某某关于为基层减负的若干重要规定精神"
    tails = [
        "东街的井盖昨夜补齐了三十个",
        "南山小学今年不再办晨会评比",
        "西河的桥要到冬天才能合龙",
        "北关市场改建拖了整整五年多",
    ]
    documents = [
        document(name, sentence(run + tail * 3)) for name, tail in zip("abcd", tails, strict=True)
    ]
    folder = corpus(tmp_path, train=documents)
    assert keys(folder) == {"corpus.run"}
    (folder / "fixed-terms.txt").write_text(run + "\n", "utf-8")
    assert keys(folder) == set()


def test_a_sentence_that_is_two(tmp_path: Path) -> None:
    folder = corpus(tmp_path, train=[document("a", sentence("会多。文也多。"))])
    assert keys(folder) == {"corpus.resplit"}


def test_a_broken_line_and_a_document_in_two_splits(tmp_path: Path) -> None:
    folder = corpus(tmp_path, train=[document("a")], test=[document("a"), {"doc_id": 3}])
    with pytest.raises(FaultyRecords) as caught:
        read_corpus(folder)
    assert {fault.reason for fault in caught.value.faults} >= {"fault.duplicate", "fault.type"}


def test_the_projects_own_corpus_is_clean() -> None:
    assert [
        finding.describe() for finding in check_corpus(ROOT / "data", read_corpus(ROOT / "data"))
    ] == []


def test_statistics_count(tmp_path: Path) -> None:
    path = write_jsonl(
        tmp_path / "a.jsonl",
        document("a", sentence("会多。"), sentence("好极了。", categories=[], role="achievement",
                 embellishment_level=2, probe="irony"), origin="retold"),
    )  # fmt: skip
    value = statistics(read_records(path))
    assert (value["documents"], value["sentences"], value["without_category"]) == (1, 2, 1)
    assert value["categories"]["meetings"]["problem"] == 1
    assert value["levels"]["achievement"]["2"] == 1
    assert value["origins"] == {"retold": 2}
    assert value["probes"] == {"irony": 1}
    measured = prose(read_records(path)[0].sentences)  # type: ignore[arg-type]
    assert measured.mean_length == 3.5
    assert measured.distinct[0] == pytest.approx(6 / 7)
    json.dumps(value["genres"])


# --- agreement ------------------------------------------------------------------------------


def two_files(tmp_path: Path, seed: int) -> tuple[Path, Path]:
    rng = np.random.default_rng(seed)

    def annotated(like: list[int] | None) -> list[int]:
        fresh = rng.integers(0, 4, 200).tolist()
        return [f if like is None or rng.random() < 0.3 else old for f, old in zip(
            fresh, like or fresh, strict=True)]  # fmt: skip

    first = annotated(None)
    values = [first, annotated(first)]
    return tuple(  # type: ignore[return-value]
        write_jsonl(
            tmp_path / f"{name}.jsonl",
            document(
                "d",
                *(
                    sentence(
                        f"第{i}句。",
                        categories=["perks"] if v > 1 else [],
                        role=["problem", "measure", "achievement", "problem"][v],
                        embellishment_level=v,
                    )
                    for i, v in enumerate(column)
                ),
            ),
        )
        for name, column in zip("ab", values, strict=True)
    )


@pytest.mark.parametrize("seed", range(2))
def test_agreement_against_scikit_learn(tmp_path: Path, seed: int) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    a, b = (read_records(path) for path in two_files(tmp_path, seed))
    count, found = agreement(a, b)
    by_field = {item.field: item for item in found}
    one, other = ([s.embellishment_level for s in r[0].sentences] for r in (a, b))
    assert count == 200
    level = by_field["embellishment_level"]
    assert level.raw == pytest.approx(np.mean(np.array(one) == np.array(other)))
    assert level.kappa == pytest.approx(metrics.cohen_kappa_score(one, other, weights="quadratic"))
    roles = ([s.role for s in r[0].sentences] for r in (a, b))
    assert by_field["role"].kappa == pytest.approx(metrics.cohen_kappa_score(*roles))
    assert by_field["meetings"].kappa is None


def test_alpha_of_the_textbook() -> None:
    """Krippendorff (2011), "Computing Krippendorff's alpha-reliability", example A: 0.095."""
    from zhaojing.corpus.agreement import krippendorff
    from zhaojing.evaluation.tallies import cells

    one = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0]
    other = [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
    table = cells(np.array(one), np.array(other), 2).sum(axis=0, keepdims=True)
    assert krippendorff(table)[0] == pytest.approx(0.095, abs=5e-4)


def test_ordinal_alpha_by_hand() -> None:
    """Ratings 0-0, 0-1, 2-2 leave three 0, one 1 and two 2 (Krippendorff 2004, ch. 11)."""
    from zhaojing.corpus.agreement import krippendorff
    from zhaojing.evaluation.tallies import cells

    # distances: d01 = (3+1 - (3+1)/2)² = 4, d12 = (1+2 - (1+2)/2)² = 2.25,
    # d02 = (3+1+2 - (3+2)/2)² = 12.25; observed: one 0-1 pair counted twice
    observed = 2 * 4 / 6
    expected = 2 * (3 * 1 * 4 + 1 * 2 * 2.25 + 3 * 2 * 12.25) / (6 * 5)
    table = cells(np.array([0, 0, 2]), np.array([0, 1, 2]), 4).sum(axis=0, keepdims=True)
    alpha = krippendorff(table, ordinal=True)[0]
    assert alpha == pytest.approx(1 - observed / expected)


def test_files_that_do_not_match(tmp_path: Path) -> None:
    a = read_records(write_jsonl(tmp_path / "a.jsonl", document("d", sentence("甲。"))))
    b = read_records(write_jsonl(tmp_path / "b.jsonl", document("d", sentence("乙。"))))
    c = read_records(write_jsonl(tmp_path / "c.jsonl", document("e")))
    for other, key in ((b, "agreement.different"), (c, "agreement.nothing")):
        with pytest.raises(InvalidRecords) as caught:
            agreement(a, other)
        assert caught.value.key == key
