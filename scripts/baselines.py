"""The floors that a model must beat: the commonest labels, and a list of words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from zhaojing.classifier import Prediction, is_flagged
from zhaojing.labels import Category, Role
from zhaojing.records import Record

_WORDS = {
    Category.DOCUMENTS: "文件 发文 报表 台账 材料 表格 简报 留痕 转发 照搬 填报 打卡 工作群",
    Category.MEETINGS: "会议 开会 陪会 会风 动员会 会海 传达 座谈会",
    Category.INSPECTIONS: "检查 督查 考核 迎检 调研 评比 验收 陪同 排名",
    Category.DELEGATION: "责任状 责任书 层层加码 甩锅 属地管理 推给 摊派 压给",
    Category.PERKS: "接待 吃喝 宴请 礼品 礼金 公款 烟酒 红包 特权",
    Category.EMBELLISHMENT: "形象工程 政绩工程 弄虚作假 虚报 造假 摆拍 盆景 注水 作秀",
}
_BLAME = "存在 不够 不足 过多 过滥 问题 没有 流于 走过场 应付 只是 重复"
_REMEDY = "严禁 杜绝 压减 精简 整改 清理 取消 规范 减少 不得 整治"
_PRAISE = "显著 辉煌 卓越 全面 圆满 一流 标杆 典范 高度评价 跨越 丰硕"


def majority(train: Sequence[Record], records: Sequence[Record]) -> list[Prediction]:
    """Give every sentence of ``records`` the commonest role of ``train`` and nothing else."""
    roles = Counter(s.role for record in train for s in record.sentences)
    common = roles.most_common(1)[0][0]
    return [_prediction((), common, 0.0) for r in records for _ in r.sentences]


def lexicon(records: Sequence[Record]) -> list[Prediction]:
    """Label by words: a category by its nouns, the role by words of blame and of remedy."""
    return [_by_words(s.text) for record in records for s in record.sentences]


def _by_words(text: str) -> Prediction:
    score = min(1.0, _count(text, _PRAISE) / 3)
    found = tuple(name for name, words in _WORDS.items() if _count(text, words))
    if found and _count(text, _BLAME):
        return _prediction(found, Role.PROBLEM, score)
    if found and _count(text, _REMEDY):
        return _prediction(found, Role.MEASURE, score)
    return _prediction((), Role.ACHIEVEMENT if score else Role.OTHER, score)


def _count(text: str, words: str) -> int:
    return sum(word in text for word in words.split())


def _prediction(categories: tuple[Category, ...], role: str, score: float) -> Prediction:
    flagged = is_flagged(categories, role, score, 0.5)
    return Prediction(categories, {}, role, {}, score, flagged)
