"""What the classifier predicts: six categories, four roles, four levels.

This module and ``docs/annotation-guideline.md`` are the one definition of the labels. Data
files, model folders, reports and code refer to the ids below and to nothing else.
"""

from __future__ import annotations

import math
from enum import StrEnum


class _Label(StrEnum):
    """A label id that knows its Chinese and English name and definition."""

    zh: str
    en: str
    definition_zh: str
    definition_en: str

    def __new__(
        cls,
        value: str,
        zh: str = "",
        en: str = "",
        definition_zh: str = "",
        definition_en: str = "",
    ) -> _Label:
        member = str.__new__(cls, value)
        member._value_ = value
        member.zh, member.en = zh, en
        member.definition_zh, member.definition_en = definition_zh, definition_en
        return member

    def label(self, lang: str) -> str:
        """Return the display name in ``lang`` (``"zh"`` or ``"en"``)."""
        return self.zh if lang == "zh" else self.en

    def definition(self, lang: str) -> str:
        """Return the definition in ``lang`` (``"zh"`` or ``"en"``)."""
        return self.definition_zh if lang == "zh" else self.definition_en


class Category(_Label):
    """The six practices; a sentence may show several or none (guideline, section 2)."""

    DOCUMENTS = (
        "documents",
        "文件材料",
        "documents",
        "发文过多过长、绕开统口、照抄照转、空洞无物、重复报送填表、以文件落实文件、政务APP与工作群任务",
        "too many or too long papers, papers in disguise, copying, repeated form-filling, app chores",
    )
    MEETINGS = (
        "meetings",
        "会议活动",
        "meetings",
        "会多会长、层层开会、陪会凑数、会风空洞，节庆论坛展会过多过滥",
        "too many or too long meetings, meetings at every level, staged audiences, empty events",
    )
    INSPECTIONS = (
        "inspections",
        "督查检查考核",
        "inspections",
        "多头重复督查检查考核、换名目、过度留痕、打卡式调研与迎检陪同、指标过细与排名一票否决",
        "repeated or renamed inspections, excessive traces, staged research, rankings and vetoes",
    )
    DELEGATION = (
        "delegation",
        "放权赋能与权责",
        "delegation",
        "放责不放权、明放暗留、层层加码派任务、承接能力不足、权责不清、长期借调基层人员",
        "duties without powers, tasks pushed down, no capacity to take them, staff borrowed for long",
    )
    PERKS = (
        "perks",
        "隐蔽吃喝与收礼",
        "perks",
        "隐蔽场所吃喝、超标准接待、拆单报销、隔空收礼、接受管理服务对象宴请旅游娱乐",
        "hidden banquets, lavish reception, split bills, gifts by courier or e-wallet, paid travel",
    )
    EMBELLISHMENT = (
        "embellishment",
        "自我美化与上纲上线",
        "embellishment",
        "对上报喜不报忧、虚报夸大、包装盆景、揽功推过；对下小题大做、上纲上线、泛化问责",
        "inflated or invented results upward; small faults blown up and blame generalised downward",
    )


class Role(_Label):
    """The part a sentence plays in its report; exactly one (guideline, section 3)."""

    PROBLEM = (
        "problem",
        "问题表现",
        "problem",
        "作风和工作中存在的问题、典型事例、后果、反映与原因",
        "a problem of conduct or work: cases, consequences, complaints, causes",
    )
    MEASURE = (
        "measure",
        "整改措施",
        "measure",
        "针对作风问题的整改动作、制度、要求、禁令、处分及其直接结果",
        "a remedy for a problem of conduct: actions, rules, sanctions and their direct results",
    )
    ACHIEVEMENT = (
        "achievement",
        "成绩做法",
        "achievement",
        "其他工作的成绩、亮点、做法、荣誉、评价",
        "results, practices and honours of other work",
    )
    OTHER = (
        "other",
        "其他",
        "other",
        "背景、依据、过渡、只点题的标题、日常事务、与作风无关的内容",
        "background, legal basis, transitions, bare headings, routine and unrelated matter",
    )


class Level(_Label):
    """How far the sentence's own language beautifies the writer (guideline, section 4)."""

    NONE = ("0", "无", "none", "没有自我评价，只陈述事实", "no self-praise, plain facts")
    MILD = ("1", "一般", "mild", "一般的正面评价或惯用套语", "ordinary praise, stock phrases")
    STRONG = ("2", "明显拔高", "strong", "没有依据的强评价、示范样板", "strong, unsupported praise")
    EXTREME = (
        "3",
        "极度拔高",
        "extreme",
        "绝对化、历史性、多重叠加",
        "absolute, historic, piled up",
    )


CATEGORIES: tuple[str, ...] = tuple(category.value for category in Category)
ROLES: tuple[str, ...] = tuple(role.value for role in Role)
LEVELS: tuple[int, ...] = tuple(int(level) for level in Level)
MAX_LEVEL: int = LEVELS[-1]


def level_of(score: float) -> int:
    """Return the level nearest to an embellishment score in [0, 1]; halves go up."""
    return math.floor(score * MAX_LEVEL + 0.5)
