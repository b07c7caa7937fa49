"""Changes to a sentence that leave its meaning alone for a human reader.

Each is a small function of a seed and of a generator that depends on nothing but the perturbation
and the seed, so every run makes the same variants. One that finds nothing to change returns the
text as it was. Reports come typed in haste, recognised from scans, pasted from PDF and web pages,
and with names and figures of their own: none of that may move a label (CheckList's invariance
tests, Ribeiro et al. 2020, ACL). No phrase added here praises anyone, since praise is a label.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from numpy.random import Generator, default_rng

SLIP_EVERY = 15  # characters: one slip of the keyboard or of recognition in each such stretch
SPACE_EVERY = 6  # characters: one stray space, as recognition leaves in justified lines
LINE = 28  # characters: the full width of a line in the prescribed page of official documents

_INNER = "，、；："
_CLAUSE_ENDS = re.compile("(?<=[，；])")
_NUMBER = re.compile(r"(?<![\d.,第])\d[\d,]*(?:\.\d+)?(?![\d.,%年月日时多余])")
_COUNT = re.compile(r"(?<![\d.,第])[1-9]\d{0,3}(?![\d.,%年月日时万亿])")
_YEAR = re.compile(r"20[12]\d(?=年)")
_PERCENTAGE = re.compile(r"(?<![\d.])[1-8]\d(?:\.\d+)?(?=%)")  # near 100 it would be praise


@dataclass(frozen=True, slots=True)
class Seed:
    """A sentence to disturb, and the names of a person, place and office that stand in it."""

    text: str
    person: str = ""
    place: str = ""
    office: str = ""


Perturbation = Callable[[Seed, Generator], str]


def perturb(name: str, seed: Seed, count: int = 1) -> list[str]:
    """Return ``count`` variants that perturbation ``name`` makes of ``seed``, fewer if some agree.

    They are the same in every run; there is none where the perturbation finds nothing to change.
    """
    rng = default_rng(zlib.crc32(f"{name} {seed.text}".encode()))
    made = dict.fromkeys(PERTURBATIONS[name](seed, rng) for _ in range(count))
    return [text for text in made if text != seed.text]


def full_width(seed: Seed, rng: Generator) -> str:
    """Digits and letters of double width, as Chinese keyboards type them."""
    return "".join(chr(ord(c) + 0xFEE0) if c.isascii() and c.isalnum() else c for c in seed.text)


def half_width_punctuation(seed: Seed, rng: Generator) -> str:
    """Commas, stops and brackets of ASCII, as in text from programs and mobile phones."""
    return seed.text.translate(str.maketrans("，。；：！？（）“”", ',.;:!?()""'))


def quotation_marks(seed: Seed, rng: Generator) -> str:
    """Straight, corner or single quotation marks, or none at all."""
    pair = ('""', "「」", "‘’", "『』", ("", ""))[rng.integers(5)]
    return seed.text.replace("“", pair[0]).replace("”", pair[1])


def radicals(seed: Seed, rng: Generator) -> str:
    """Kangxi radicals in place of the characters they look like, as many PDF fonts encode them."""
    return seed.text.translate(_RADICALS)


def spaces(seed: Seed, rng: Generator) -> str:
    """Stray spaces between characters, as recognition leaves them."""
    return _insert(seed.text, " ", SPACE_EVERY, rng)


def spaced_numbers(seed: Seed, rng: Generator) -> str:
    """A space on either side of digits, as some typesetters put it."""
    return re.sub(r"(?<=[^\d.,%\s])(?=\d)|(?<=[\d%])(?=[^\d.,%\s])", " ", seed.text)


def line_breaks(seed: Seed, rng: Generator) -> str:
    """The line ends of a fixed page, with an indent where it was pasted as paragraphs."""
    end = ("\n", "\r\n", "\n\u3000\u3000")[rng.integers(3)]
    lines = [seed.text[i : i + LINE] for i in range(0, len(seed.text), LINE)]
    return end.join(lines)


def page_numbers(seed: Seed, rng: Generator) -> str:
    """The number at the foot of a page, in the midst of a sentence that runs over two pages."""
    number = int(rng.integers(2, 30))
    foot = (f"— {number} —", f"- {number} -", f"第{number}页")[rng.integers(3)]
    return _between_clauses(seed.text, f" {foot} ", rng)


def invisible(seed: Seed, rng: Generator) -> str:
    """Zero-width characters and soft hyphens, which web pages and word processors leave."""
    return _insert(seed.text, "\u200b\ufeff\u00ad\u2060"[rng.integers(4)], SLIP_EVERY, rng)


def ocr_slips(seed: Seed, rng: Generator) -> str:
    """Characters that recognition takes for look-alikes or falls apart into two."""
    return _slips(seed.text, _RECOGNISED, rng)


def same_sound(seed: Seed, rng: Generator) -> str:
    """The wrong choice among words of the same sound, the commonest slip on a pinyin keyboard."""
    return _slips(seed.text, _SAME_SOUND, rng)


def same_shape(seed: Seed, rng: Generator) -> str:
    """A similar character, as wubi keyboards and handwriting let slip in."""
    return _slips(seed.text, _SAME_SHAPE, rng)


def punctuation_lost(seed: Seed, rng: Generator) -> str:
    """One inner mark in two is missing, one at least."""
    places = [i for i, c in enumerate(seed.text) if c in _INNER]
    lost = set(_choose(places, (len(places) + 1) // 2, rng))
    return "".join(c for i, c in enumerate(seed.text) if i not in lost)


def punctuation_doubled(seed: Seed, rng: Generator) -> str:
    """One mark in two is typed twice, one at least."""
    places = [i for i, c in enumerate(seed.text) if c in _INNER + "。？"]
    twice = set(_choose(places, (len(places) + 1) // 2, rng))
    return "".join(c * 2 if i in twice else c for i, c in enumerate(seed.text))


def final_mark(seed: Seed, rng: Generator) -> str:
    """Another mark, or none, at the end; no exclamation, which may be praise."""
    if not seed.text.endswith("。"):
        return seed.text
    return seed.text[:-1] + ("；", "", "，", ".", "．")[rng.integers(5)]


def persons(seed: Seed, rng: Generator) -> str:
    """Another person's name."""
    return _rename(seed.text, seed.person, _PERSONS, rng)


def places(seed: Seed, rng: Generator) -> str:
    """Another place of the same kind."""
    return _rename(seed.text, _stem(seed.place), _PLACES, rng)


def offices(seed: Seed, rng: Generator) -> str:
    """Another office of the same rank, where the deed could be anyone's."""
    return _rename(seed.text, seed.office, _OFFICES, rng)


def masked_names(seed: Seed, rng: Generator) -> str:
    """Names masked the way public reports mask them."""
    mask = ("某", "××", "**", "XX", "○○")[rng.integers(5)]
    text = seed.text
    if seed.place:
        text = text.replace(_stem(seed.place), mask)
    if seed.person:
        text = text.replace(seed.person, seed.person[0] + (mask if len(mask) > 1 else mask * 2))
    return text


def numbers(seed: Seed, rng: Generator) -> str:
    """Other amounts of the same size: all digits but the first, or the only one, change."""
    return _NUMBER.sub(lambda found: _other_digits(found[0], rng), seed.text)


def years(seed: Seed, rng: Generator) -> str:
    """All years earlier by the same one to five."""
    back = int(rng.integers(1, 6))
    return _YEAR.sub(lambda found: str(int(found[0]) - back), seed.text)


def percentages(seed: Seed, rng: Generator) -> str:
    """Other shares of the same size."""
    return _PERCENTAGE.sub(lambda found: _other_digits(found[0], rng), seed.text)


def chinese_numerals(seed: Seed, rng: Generator) -> str:
    """Counts in Chinese numerals."""
    return _COUNT.sub(lambda found: in_chinese(int(found[0])), seed.text)


def preludes(seed: Seed, rng: Generator) -> str:
    """A gratuitous official phrase in front."""
    return _PRELUDES[rng.integers(len(_PRELUDES))] + seed.text


def padding(seed: Seed, rng: Generator) -> str:
    """A neutral part of speech in front or in the midst, or a reference at the end."""
    if rng.integers(2) and seed.text.endswith("。"):
        return seed.text[:-1] + _REFERENCES[rng.integers(len(_REFERENCES))] + "。"
    return _FILLERS[rng.integers(len(_FILLERS))] + seed.text


def closings(seed: Seed, rng: Generator) -> str:
    """A closing formula of letters and reports at the end."""
    if not seed.text.endswith("。"):
        return seed.text
    return seed.text[:-1] + _CLOSINGS[rng.integers(len(_CLOSINGS))]


def list_numbers(seed: Seed, rng: Generator) -> str:
    """The number or bullet of a list item in front."""
    return _LIST_NUMBERS[rng.integers(len(_LIST_NUMBERS))] + seed.text


PERTURBATIONS: dict[str, Perturbation] = {
    function.__name__: function
    for function in (
        full_width,
        half_width_punctuation,
        quotation_marks,
        radicals,
        spaces,
        spaced_numbers,
        line_breaks,
        page_numbers,
        invisible,
        ocr_slips,
        same_sound,
        same_shape,
        punctuation_lost,
        punctuation_doubled,
        final_mark,
        persons,
        places,
        offices,
        masked_names,
        numbers,
        years,
        percentages,
        chinese_numerals,
        preludes,
        padding,
        closings,
        list_numbers,
    )
}


def in_chinese(number: int) -> str:
    """Write 1 to 9999 in Chinese numerals, 110 as 一百一十."""
    digits, written, gap = str(number), "", False
    for place, digit in enumerate(digits):
        if digit == "0":
            gap = True
            continue
        written += ("零" if gap else "") + "零一二三四五六七八九"[int(digit)]
        written += ["", "十", "百", "千"][len(digits) - place - 1]
        gap = False
    return written.removeprefix("一") if 10 <= number < 20 else written


def _choose(items: Sequence[int], count: int, rng: Generator) -> list[int]:
    return sorted(rng.permutation(items)[:count].tolist())


def _insert(text: str, sign: str, every: int, rng: Generator) -> str:
    """Put ``sign`` at one random place in each stretch of ``every`` characters, never at an end."""
    gaps = range(1, len(text))
    chosen = [int(rng.choice(gaps[i : i + every])) for i in range(0, len(gaps), every)]
    for place in reversed(chosen):
        text = text[:place] + sign + text[place:]
    return text


def _between_clauses(text: str, sign: str, rng: Generator) -> str:
    clauses = _CLAUSE_ENDS.split(text)
    if len(clauses) < 2:
        return text
    place = int(rng.integers(1, len(clauses)))
    return "".join(clauses[:place]) + sign + "".join(clauses[place:])


def _slips(text: str, table: Mapping[str, str], rng: Generator) -> str:
    """Replace by ``table`` one key in each stretch of :data:`SLIP_EVERY` characters."""
    longest_first = sorted(table, key=len, reverse=True)
    found = list(re.finditer("|".join(map(re.escape, longest_first)), text))
    chosen = _choose(range(len(found)), max(1, len(text) // SLIP_EVERY), rng)
    for place in reversed(chosen):
        start, end = found[place].span()
        text = text[:start] + table[text[start:end]] + text[end:]
    return text


def _rename(text: str, given: str, names: Sequence[str], rng: Generator) -> str:
    others = [name for name in names if name != given]
    return text.replace(given, others[rng.integers(len(others))]) if given else text


def _stem(place: str) -> str:
    return place.removesuffix("街道") if place.endswith("街道") else place[:-1]


def _other_digits(number: str, rng: Generator) -> str:
    if len(number) == 1:  # 1 stays 1: "one" is often a word rather than a count
        return number if number == "1" else str(rng.integers(2, 10))
    changed = (str(rng.integers(1, 10)) if c.isdigit() else c for c in number[1:])
    return number[0] + "".join(changed)


def _table(pairs: str) -> dict[str, str]:
    return dict(pair.split("/") for pair in pairs.split())


_RADICALS = {
    ord(unicodedata.normalize("NFKC", chr(code))): chr(code) for code in range(0x2F00, 0x2FD6)
}
# right/wrong; never a pair that could turn the meaning round, as 未/没 or 买/卖
_SAME_SOUND = _table(
    """
    部署/布署 反映/反应 截至/截止 及时/即时 必须/必需 作出/做出 情况/请况 工作/公作 会议/会意
    检查/捡查 督查/督察 考核/考合 通知/通之 文件/文健 材料/才料 报告/抱告 汇报/会报 整改/正改
    问题/文题 领导/领到 干部/干步 群众/群重 基层/基曾 单位/单为 责任/责认 落实/落时 要求/要球
    机制/机智 制度/制渡 建设/建社 管理/管里 服务/服物 项目/向目 资金/资今 全面/全免
    重点/重店 成效/成校 经验/精验 组织/组只 开展/开占 推进/推近 活动/活洞 负责/付责 办理/办里
    安排/安牌 调研/掉研 现场/县场 形式/型式 排名/排明 通报/通抱 留痕/流痕 台账/台帐 账号/帐号
    指标/只标 数字/数子 记录/纪录 签名/前名 统一/统衣 同一/同衣 连续/联续 长期/常期
    接待/接代 礼品/里品 红包/红苞 报销/报消 食堂/时堂 老板/老版 收受/收售 违规/维规 处分/处份
    上级/上集 下级/下集 乡镇/乡振 社区/社曲 街道/接道 学校/学效 教师/教诗 老人/老仁
    村里/村理 县里/县理 市里/市理 镇里/镇理 已经/以经 一直/一只 甚至/什至 其中/其种 以上/已上
    全年/全念 去年/去念 今年/金年 平均/平军 增长/增涨 完成/完城 实现/实线 达到/达道 覆盖/复盖
    提高/题高 取得/取的 得到/的到 做法/作法 作为/做为 打造/打照 创造/创照 荣誉/容誉 典型/典形
    先后/先候 各项/各向 稳步/稳布 有序/有叙 明显/明险 较好/教好 有所/有锁 持续/持序 优化/优话
    针对/真对 规定/归定 办法/办发 适用/试用 根据/跟据 主持/主池 参加/参家 联系/联西 电话/电活
    下午/下武 附件/付件 年度/年渡 分工/分公 任务/任物 讨论/讨轮 真正/真证 解决/解绝 关键/关建
    虽然/虽燃 曾经/曾精 现在/现再 正在/正再 都是/都事 就是/就事 还是/还事 才是/才事 由于/尤于
    """
)
_SAME_SHAPE = _table(
    """
    己/已 已/己 治/冶 候/侯 拔/拨 拨/拔 折/拆 拆/折 即/既 既/即 竟/竞 账/帐 籍/藉 辨/辩
    辩/辨 戴/载 载/戴 待/侍 特/持 持/特 请/清 清/请 情/清 晴/睛 精/晴 情/倩 第/弟 弟/第 幕/慕
    摸/模 模/摸 揭/竭 概/慨 既/概 既/暨 既/慨 壁/璧 辟/僻 避/僻 县/具 具/县 贷/货 货/贷 责/贵
    员/贝 查/杳 香/查 省/盲 看/着 着/看 直/真 真/直 乡/幺 村/材 材/村 镇/填 填/镇 社/杜
    街/衔 衔/街 道/逍 送/迭 选/迭 过/迂 近/进 远/运 运/远 部/陪 陪/部 倍/部 都/郁 郊/效 效/郊
    检/捡 捡/检 验/检 险/验 脸/验 签/笺 笔/笑 等/寺 算/箕 组/祖 祖/组 租/组 阻/组 级/极 极/级
    纪/记 记/纪 计/汁 讨/付 订/汀 让/上 论/沦 评/坪 证/征 诉/拆 话/活 活/话 语/吾 说/悦 谈/淡
    谁/淮 调/凋 通/桶 统/绕 绕/饶 给/拾 拾/给 结/洁 洁/结 给/洽 报/服 服/报 招/抬 抬/招 指/脂
    推/堆 堆/推 担/但 但/担 拍/柏 按/安 换/唤 提/堤 接/妾 排/徘 拖/施 施/拖 批/比 收/故 改/攻
    政/改 放/敌 效/较 较/校 校/较 教/数 数/教 款/颗 领/须 须/领 项/顶 顶/项 顺/须 预/顶 额/颜
    办/为 为/办 力/刀 动/功 功/动 加/如 如/加 务/条 条/务 各/名 名/各 备/各 告/吉 吃/乞 听/所
    所/听 只/兄 品/晶 员/圆 园/圆 围/国 图/围 场/扬 地/他 他/地 块/决 决/块 坚/竖 墙/樯 增/赠
    处/外 外/处 夜/液 够/构 构/购 购/构 好/奸 始/姑 存/在 学/字 字/学 宁/宇 安/案 定/宝 实/卖
    客/容 容/客 家/冢 宽/莧 察/蔡 层/屋 屋/层 展/屣 工/土 干/千 平/乎 年/午 床/庆 底/低 低/底
    店/库 库/店 度/庋 座/坐 开/井 形/型 往/住 住/往 径/经 经/径 很/狠 得/碍 德/得 必/心 快/块
    态/志 急/怠 总/忽 息/思 意/竟 感/惑 慢/馒 成/戍 或/戈 户/尸 才/寸 打/扛 执/扩 抓/爪 投/设
    """
)
_RECOGNISED = _table(
    """
    日/曰 目/日 口/囗 土/士 工/エ 一/— 人/入 入/人 大/太 天/夭 干/千 千/干 于/干 己/已 已/己
    本/木 木/本 责/贵 货/贷 县/具 且/旦 问/间 间/问 们/门 会/云 力/刀 市/巿 布/市 发/友
    开/升 改/攻 政/攻 收/攻 放/故 查/査 核/该 考/孝 老/考 场/扬 块/决 村/材 社/杜 待/侍
    特/持 得/徳 往/住 候/侯 使/便 便/使 位/住 件/仵 份/仿 全/金 金/全 今/令 合/台 台/合 名/各
    各/备 告/吿 着/看 看/着 真/直 直/真 部/邰 都/部 即/郎 院/阮 除/徐 级/纵 线/钱 钱/线 给/绐
    经/轻 统/绕 纪/记 记/纪 计/汁 评/坪 议/汉 读/续 通/逋 道/逍 送/迭 过/迂 进/迸 电/屯 由/田
    申/甲 字/宇 宣/宜 实/买 容/客 拍/柏 报/扳 接/按 换/挽 指/措 措/指 提/堤 推/堆 担/但 抽/油
    拆/折 招/沼 点/占 热/执 里/甲 重/童 量/童 少/小 小/少 元/兀 先/失 光/先 公/会 分/兮 切/初
    到/剑 制/刺 前/萷 办/力 务/夯 动/云力 区/凶 十/+ 升/开 单/草 卡/下 印/卯 厂/广 历/厉
    取/耴 受/爱 变/奕 叫/叶 可/叮 史/吏 号/亏 同/冋 向/问 员/贠 味/昧 和/禾口 品/晶 响/晌 哪/娜
    明/日月 好/女子 林/木木 加/力口 村/木寸 证/讠正 行/彳亍 相/木目 如/女口 利/禾刂 张/弓长
    政/正攵 部/立口阝 轻/车圣 0/O 1/l 5/S 、/丶 。/o
    """
)
_PERSONS = ("欧阳雪松", "马秀芬", "阿依古丽", "孙立", "贺建设", "丹增", "林晓曼", "黎国富", "涂伟")
_PLACES = ("双河", "沙湾子", "北塘", "五里墩", "长岗", "锦溪", "大营盘", "乌兰", "龙潭", "三岔口")
_OFFICES = ("统计局", "林业局", "交通运输局", "商务局", "医疗保障局", "档案局", "市场监督管理局")
_PRELUDES = (
    "为贯彻落实有关精神，",
    "按照统一部署，",
    "根据工作安排，",
    "结合本单位实际，",
    "围绕年度重点任务，",
    "在日常工作中，",
)
_FILLERS = (
    "具体来说，",
    "据了解，",
    "需要说明的是，",
    "从实际情况看，",
    "总的来看，",
    "与此同时，",
)
_REFERENCES = ("（详见附件2）", "（见附表）", "（下同）", "（截至发稿时）", "（有关材料附后）")
_CLOSINGS = ("，特此说明。", "，特此报告。", "，请予审阅。", "，现予报告。", "，情况属实。")
_LIST_NUMBERS = ("1.", "（二）", "3、", "④", "● ", "—— ", "五是", "（6）", "其七，")
