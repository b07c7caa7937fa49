"""Perturbations are the same in every run, and do what they say and no more."""

from __future__ import annotations

import json
import re
from itertools import zip_longest

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import ROOT
from zhaojing.evaluation import perturbations
from zhaojing.evaluation.perturbations import (
    LINE,
    PERTURBATIONS,
    SLIP_EVERY,
    SPACE_EVERY,
    Seed,
    in_chinese,
    perturb,
)
from zhaojing.features import compact
from zhaojing.normalize import normalize

BEHAVIOUR = ROOT / "data" / "behaviour"
LAYOUT = ("full_width", "radicals", "spaces", "spaced_numbers", "line_breaks", "invisible")


def lines_of(name: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (BEHAVIOUR / name).read_text("utf-8").splitlines()[1:]]


SEEDS = [
    Seed(*(line.get(key, "") for key in ("text", "person", "place", "office")))
    for line in lines_of("seeds.jsonl")
]


def variants(name: str) -> list[tuple[Seed, str]]:
    return [(seed, text) for seed in SEEDS for text in perturb(name, seed, 3)]


def test_there_are_seeds_enough_and_none_twice() -> None:
    assert len(SEEDS) >= 130
    assert len({seed.text for seed in SEEDS}) == len(SEEDS)


def test_every_perturbation_is_used_and_finds_something_to_change() -> None:
    assert {line["perturb"] for line in lines_of("perturbations.jsonl")} == set(PERTURBATIONS)
    assert sum(len(perturb(name, seed)) for name in PERTURBATIONS for seed in SEEDS) >= 1000


@pytest.mark.parametrize("name", PERTURBATIONS)
def test_variants_are_the_same_in_every_run(name: str) -> None:
    once = [perturb(name, seed, 3) for seed in SEEDS]
    assert list(reversed([perturb(name, seed, 3) for seed in reversed(SEEDS)])) == once
    for seed, texts in zip(SEEDS, once, strict=True):
        assert seed.text not in texts
        assert len(set(texts)) == len(texts) <= 3
        assert texts[:1] == perturb(name, seed)[:1] or not perturb(name, seed)


@pytest.mark.parametrize("name", PERTURBATIONS)
@settings(deadline=None)
@given(text=st.text(max_size=80))
def test_any_text_can_be_perturbed(name: str, text: str) -> None:
    assert all(isinstance(variant, str) for variant in perturb(name, Seed(text), 2))


@pytest.mark.parametrize("name", LAYOUT)
def test_layout_is_gone_after_normalisation(name: str) -> None:
    found = variants(name)
    assert found
    for seed, text in found:
        assert compact(normalize(text)) == compact(normalize(seed.text))


def test_strengths_are_as_stated() -> None:
    for seed, text in variants("spaces"):
        assert text.count(" ") - seed.text.count(" ") == -(-(len(seed.text) - 1) // SPACE_EVERY)
    for _, text in variants("line_breaks"):
        assert {len(line.strip()) for line in text.splitlines()[:-1]} == {LINE}
    for name in ("same_shape", "same_sound"):
        for seed, text in variants(name):
            assert len(text) == len(seed.text)
            changed = [a for a, b in zip(text, seed.text, strict=True) if a != b]
            assert 1 <= len(changed) <= max(1, len(seed.text) // SLIP_EVERY) * 2


@pytest.mark.parametrize("name", ["_SAME_SOUND", "_SAME_SHAPE", "_RECOGNISED"])
def test_slips_are_slips(name: str) -> None:
    table = getattr(perturbations, name)
    assert len(table) >= 130
    assert all(right != wrong and wrong for right, wrong in table.items())
    assert not set("不没未无非勿莫") & set(table.values())  # no slip makes a denial


def test_names_change_and_nothing_else() -> None:
    for name in ("persons", "places", "offices"):
        found = variants(name)
        assert found
        for seed, text in found:
            given_name = getattr(seed, name.removesuffix("s"))
            rest = seed.text.split(given_name)
            assert given_name not in text
            assert re.fullmatch(".+?".join(map(re.escape, rest)), text)
            assert name != "places" or text.removesuffix(rest[-1]).endswith(given_name[-1])
    for seed, text in variants("masked_names"):
        assert not seed.person or seed.person not in text
        assert not seed.place or seed.place not in text


def test_numbers_keep_their_size() -> None:
    for name in ("numbers", "percentages"):
        found = variants(name)
        assert found
        for seed, text in found:
            assert re.sub(r"\d", "0", text) == re.sub(r"\d", "0", seed.text)
            found_numbers = (re.findall(r"[\d,.]*\d", each) for each in (seed.text, text))
            pairs = zip(*found_numbers, strict=True)
            assert all(len(old) == 1 or old[0] == new[0] for old, new in pairs)
    whole = Seed("满意率100%，第14条，2023年5月8日17时，通过率98%。")
    for name in ("numbers", "percentages"):
        assert perturb(name, whole, 5) == []


def test_years_move_back_together() -> None:
    for seed, text in variants("years"):
        years = zip(re.findall(r"20\d\d", seed.text), re.findall(r"20\d\d", text), strict=True)
        (back,) = {int(old) - int(new) for old, new in years}
        assert 1 <= back <= 5


def test_what_is_added_stands_at_an_end() -> None:
    for name in ("preludes", "list_numbers"):
        assert all(text.endswith(seed.text) for seed, text in variants(name))
    assert all(text.startswith(seed.text[:-1]) for seed, text in variants("closings"))
    for seed, text in variants("padding"):
        assert text.endswith(seed.text) or text.startswith(seed.text[:-1])
    for seed, text in variants("page_numbers"):
        assert re.sub(r" (?:— \d+ —|- \d+ -|第\d+页) ", "", text) == seed.text


def test_punctuation_alone_changes() -> None:
    marks = str.maketrans("", "", '，、；：。？,.;:?!！．“”"「」『』‘’（）()')
    for name in (
        "half_width_punctuation",
        "quotation_marks",
        "punctuation_lost",
        "punctuation_doubled",
        "final_mark",
    ):
        for seed, text in variants(name):
            assert text.translate(marks) == seed.text.translate(marks)


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (1, "一"),
        (10, "十"),
        (12, "十二"),
        (20, "二十"),
        (101, "一百零一"),
        (110, "一百一十"),
        (1005, "一千零五"),
        (2700, "二千七百"),
        (9999, "九千九百九十九"),
    ],
)
def test_chinese_numerals(number: int, written: str) -> None:
    assert in_chinese(number) == written


@given(st.integers(1, 9999))
def test_chinese_numerals_read_back(number: int) -> None:
    units = {"十": 10, "百": 100, "千": 1000}
    written = in_chinese(number).replace("零", "")
    read = 0
    for sign, unit in zip_longest(written, written[1:], fillvalue=""):
        if sign not in units:
            read += "一二三四五六七八九".index(sign) * units.get(unit, 1) + units.get(unit, 1)
    assert read + (10 if written.startswith("十") else 0) == number


def test_counts_alone_are_written_out() -> None:
    seed = Seed("2023年5月8日检查12次，占31%，花费3.5万元，共1,200人，第7条，涉及110户。")
    assert perturb("chinese_numerals", seed) == [
        "2023年5月8日检查十二次，占31%，花费3.5万元，共1,200人，第7条，涉及一百一十户。"
    ]
