"""How fast copying is found, how much of it, and how often where there is none.

    python benchmarks/copying.py

Three tables: rewritten copies of training documents by how they were rewritten, pairs claimed
among all training documents, and time and memory for 40 reports of 200 sentences against 2,000
earlier ones. Rewriting is done by rule, and is milder than a person's; some training documents
tell the same page, so the claims among those are looked at, not counted as errors.
"""

from __future__ import annotations

import random
import re
import resource
import time
from collections.abc import Iterator
from pathlib import Path

from zhaojing.judging.copying import CopiedPair, ReportText, find_copies
from zhaojing.reading import Document
from zhaojing.records import Record, read_records
from zhaojing.splitting import split, split_text

NEW, EARLIER, SENTENCES = 40, 2_000, 200
PLANTED = 100  # every so many earlier reports, one has ten sentences of a new one
COMPOSED = "c"  # begins the id of a document that retells no page
WORDS = """
进一步/持续 切实/扎实 加强/强化 开展/组织 情况/状况 存在/仍有 部分/一些
个别/少数 没有/未能 要求/规定 问题/毛病 及时/马上 群众/老百姓 干部/同志
检查/督查 材料/资料 减少/压减 增加/提高 建立/健全 完善/优化 落实/执行
认真/仔细 主要/重点 全部/一律 今年/本年度 目前/眼下 因为/由于 但是/不过
以及/和 通过/经过 负责/承担 发现/查出 解决/处理 需要/要 之后/以后
其中/当中 重要/关键 严格/从严 各级/各层 单位/部门 反映/反馈 共计/合计
超过/多于 不足/不到 每月/按月
"""
OTHERWISE = dict(pair.split("/") for pair in WORDS.split())
_WORD = re.compile("|".join(OTHERWISE))
_PLACE = re.compile(r"[\u4e00-\u9fff](?=[县镇乡村局]|街道)")


def change_figures(text: str, draw: random.Random) -> str:
    """Replace numbers, and the last character of the names of places and offices."""
    text = re.sub(r"\d+", lambda _: str(draw.randint(2, 2030)), text)
    return _PLACE.sub(lambda _: draw.choice("川河山林湖桥沟坪"), text)


def change_words(text: str, draw: random.Random) -> str:
    """Change figures, and put every known word otherwise."""
    return _WORD.sub(lambda match: OTHERWISE[match[0]], change_figures(text, draw))


def change_order(text: str, draw: random.Random) -> str:
    """Change words, shuffle the clauses of a sentence and cut every other one in two."""
    body, end = text[:-1], text[-1:]
    clauses = change_words(body, draw).split("，")
    draw.shuffle(clauses)
    if len(clauses) > 1 and draw.random() < 0.5:
        return "，".join(clauses[:-1]) + "。" + clauses[-1] + end
    return "，".join(clauses) + end


def source(record: Record) -> ReportText:
    """Take a document of the corpus, a line a sentence."""
    text = "\n".join(sentence.text for sentence in record.sentences)
    return ReportText.of(record.doc_id, split(Document.from_text(text)))


def rewritten(records: list[Record]) -> None:
    """Print how many rewritten copies are found, and how much of each."""
    originals = [source(record) for record in records]
    for change in (change_figures, change_words, change_order):
        draw = random.Random(0)  # noqa: S311
        copies = [
            ReportText(
                f"{original.name} again",
                tuple(s for text in original.sentences for s in split_text(change(text, draw))),
            )
            for original in originals
        ]
        pairs = find_copies(originals, copies).pairs
        right = [pair for pair in pairs if pair.second.name == f"{pair.first.name} again"]
        share = sum(pair.share_of_first for pair in right) / len(originals)
        print(
            f"{change.__name__:16} {len(right)} of {len(originals)} copies found, "
            f"{share:.2f} of their letters; {len(pairs) - len(right)} other pairs"
        )


def claims(records: list[Record]) -> None:
    """Print what is claimed among documents, most of which have nothing in common."""
    pairs = find_copies([source(record) for record in records]).pairs
    composed = sum(COMPOSED in (pair.first.name[0], pair.second.name[0]) for pair in pairs)
    print(f"{len(pairs)} pairs among {len(records)} documents, {composed} with a composed one")
    for pair in sorted(pairs, key=longest)[:5]:
        print(f"  {pair.first.name} {pair.second.name} {pair.share_of_first:.2f}")


def longest(pair: CopiedPair) -> float:
    """Order pairs by the share that is copied, smallest first: the doubtful ones."""
    return max(pair.share_of_first, pair.share_of_second)


def speed(sentences: list[str]) -> None:
    """Print seconds and memory, and how many of the planted passages are found."""
    draw = random.Random(0)  # noqa: S311
    draw.shuffle(sentences)
    size = NEW * SENTENCES
    fresh, old = sentences[:size], sentences[size:]
    new = [
        ReportText(f"new {i}", tuple(fresh[i * SENTENCES : (i + 1) * SENTENCES]))
        for i in range(NEW)
    ]

    def earlier() -> Iterator[ReportText]:
        for number in range(EARLIER):
            drawn = draw.choices(old, k=SENTENCES)
            if number % PLANTED == 0:
                drawn[50:60] = new[number // PLANTED].sentences[20:30]
            yield ReportText(f"planted {number}" if number % PLANTED == 0 else "", tuple(drawn))

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.process_time()
    pairs = find_copies(new, earlier()).pairs
    seconds = time.process_time() - begun
    found = sum(pair.second.name.startswith("planted") for pair in pairs)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        f"{EARLIER * SENTENCES:,} earlier sentences: {seconds:.0f} s of processor time, "
        f"{memory // 1024} MB at most ({(memory - before) // 1024} MB more than before), "
        f"{found} pairs with one of the {EARLIER // PLANTED} planted passages"
    )


def main() -> None:
    """Print all three."""
    records = read_records(Path(__file__).parents[1] / "data" / "train.jsonl")
    speed([sentence.text for record in records for sentence in record.sentences])
    long = [r for r in records if r.doc_id.startswith(COMPOSED) and len(r.sentences) >= 20]
    rewritten(long[:200])
    claims(records)


if __name__ == "__main__":
    main()
