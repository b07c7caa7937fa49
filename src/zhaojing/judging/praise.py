"""How a report praises its writer: how much, where, and with what evidence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from zhaojing.normalize import normalize
from zhaojing.screening import ScreenedSentence
from zhaojing.segments import maximal_segments

# numbers that count nothing
_SLOGAN = re.compile(
    "[四两]个(?:意识|自信|维护|全面|确立|伟大|革命)|三个(?:代表|务必)|五位一体|[一三]个样|八项规定|四风"
)
# a year or month says when, and only beside a number over which period
_PERIOD = re.compile(
    r"(?:19|20)\d\d年|\d{1,2}月(?:份|底|末|\d{1,2}日)|[一二三四上下][半季](?:年|度)"
    r"|截至|年初以来|自\S{1,12}以来"
)
POINTS = 60  # of the profile, at most
PASSAGES = 3  # shown, at most
_SHORTEST = 2  # sentences of a passage


class Proof(StrEnum):
    """What can be checked in a sentence of praise."""

    NUMBER = "number"  # a number with its unit
    BASE = "base"  # what it is compared with, or the period it covers
    OBJECT = "object"  # something with a name: a document, a place, a body, a project
    SOURCE = "source"  # who counted, audited or asked


_UNIT = (
    "%|个百分点|万?亿?元|万|亿|人次|人|户|个|件|起|家|次|场|期|篇|份|项|条|名|位|处|台|套|辆|"
    "公里|千米|米|平方米|亩|公顷|吨|公斤|斤|千瓦时|度|天|小时|分钟|工作日|倍|成|座|所|栋|"
    "支|批|部|册|头|只|株|盏|村|镇|县"
)
_NUMERAL = "[〇零一二两三四五六七八九十百千万亿几]"
_PROOFS = {
    # "一个" and "一批" count nothing
    Proof.NUMBER: re.compile(
        rf"\d(?:[\d,.]*\d)?\s*(?:余|多)?\s*(?:{_UNIT})"
        rf"|(?:{_NUMERAL}{{2,}}|[二三四五六七八九])(?:余|多)?(?:{_UNIT})(?!是|方面|到位|化)"
        r"|百分之" + _NUMERAL
    ),
    Proof.BASE: re.compile(
        r"同比|环比|同期|[比较与](?:上|去|前)(?:一)?(?:年|月|季度)|比(?:去年|前年|\d{4}年)"
        r"|由\D{0,12}\d[\d.,]*\D{0,12}[增升提降减缩压]\D{0,4}[到至为]"
        r"|从\D{0,12}\d[\d.,]*\D{0,12}[增升提降减缩压]\D{0,4}[到至为]"
    ),
    Proof.OBJECT: re.compile(
        r"《[^》]{2,}》"
        r"|(?<![\u4e00-\u9fff])(?![据经由在对向为从每全各本我该让使把]|深入|走[进遍]|下沉|服务|覆盖|惠及|扎根|联系|推进)[\u4e00-\u9fff]{2,6}(?:县|区|乡|镇|街道|村|社区)(?![\u4e00-\u9fff]{0,2}级)"
        r"|[\u4e00-\u9fffA-Za-z0-9]{2,12}(?:公司|医院|学校|小学|中学|大学|合作社|园区|小区|水库|大桥|项目部)"
        r"|[\"'][^\"']{2,15}[\"'](?:平台|系统|项目|工程|热线|服务队|工作站|品牌)"
    ),
    Proof.SOURCE: re.compile(
        r"据\S{0,12}(?:统计|测算|核算|反映|显示|调查|监测|通报)"
        r"|经\S{0,12}(?:审计|核查|核实|验收|评估|检测|第三方|公示)"
        r"|第三方(?!面)|抽样|问卷|满意度调查|民意调查|审计报告|统计(?:局|部门|公报|年鉴)|随机抽查"
        r"|(?:国家|省|市|县|中央)\S{0,8}(?:通报|排名|考核中|评估中|验收)"
    ),
}


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence of praise, by its index, and what can be checked in it."""

    sentence: int
    proofs: tuple[Proof, ...]


@dataclass(frozen=True, slots=True)
class Praise:
    """The self-praise of a report.

    Attributes
    ----------
    claims
        The sentences flagged for praise, in order.
    share
        Their share of all sentences, in [0, 1].
    strength
        The mean embellishment score of the claims, in [0, 1]; 0 without any.
    profile
        At most :data:`POINTS` means of the score over equal stretches, from first to last.
    passages
        ``(start, end)`` sentence indices where praise crowds together, strongest first.
    """

    claims: tuple[Claim, ...]
    share: float
    strength: float
    profile: tuple[float, ...]
    passages: tuple[tuple[int, int], ...]

    @property
    def unsupported(self) -> tuple[Claim, ...]:
        """The claims in which nothing can be checked."""
        return tuple(claim for claim in self.claims if not claim.proofs)

    @classmethod
    def of(cls, sentences: Sequence[ScreenedSentence], threshold: float) -> Praise:
        """Judge the praise of ``sentences``; a score from ``threshold`` on is a claim."""
        scores = [0.0 if s.allowed else s.prediction.embellishment_score for s in sentences]
        praised = [index for index, score in enumerate(scores) if score >= threshold]
        runs = maximal_segments([score - threshold for score in scores])
        long = [run for run in runs if run[1] - run[0] >= _SHORTEST]
        strongest = sorted(long, key=lambda run: -run[2])[:PASSAGES]
        return cls(
            claims=tuple(Claim(i, proofs(sentences[i].sentence.text)) for i in praised),
            share=len(praised) / len(scores) if scores else 0.0,
            strength=sum(scores[i] for i in praised) / len(praised) if praised else 0.0,
            profile=profile(scores),
            passages=tuple((start, end) for start, end, _ in strongest),
        )


def proofs(text: str) -> tuple[Proof, ...]:
    """Return what can be checked in ``text``."""
    plain = _SLOGAN.sub("", normalize(text))
    found = {proof for proof, pattern in _PROOFS.items() if pattern.search(plain)}
    if Proof.NUMBER in found and _PERIOD.search(plain):
        found.add(Proof.BASE)
    return tuple(proof for proof in Proof if proof in found)


def profile(scores: Sequence[float]) -> tuple[float, ...]:
    """Return the means of at most :data:`POINTS` equal stretches of ``scores``."""
    points = min(POINTS, len(scores))
    edges = [round(k * len(scores) / points) for k in range(points + 1)] if points else []
    stretches = [scores[start:end] for start, end in pairwise(edges)]
    return tuple(sum(stretch) / len(stretch) for stretch in stretches)
