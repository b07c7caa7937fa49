"""Units are those of section 1 of the guideline, and no character is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhaojing.reading import Block, Document
from zhaojing.splitting import is_one_unit, split, split_text

CHINESE = '会文件“”‘’《》（）()[]【】。！？；;!?,.，、：:"…—一二三1２①\n\r\u3000 \tAb*X〔〕'


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("会多。文多！人少？钱少；完", ["会多。", "文多！", "人少？", "钱少；", "完"]),
        ("第一行\n第二行\r\n第三行", ["第一行", "第二行", "第三行"]),
        ("搞“层层开会。层层发文。”的做法，要改。", ["搞“层层开会。层层发文。”的做法，要改。"]),
        ("印发《规定。试行》；照办。", ["印发《规定。试行》；", "照办。"]),
        ("（附件：表一；表二）已报。", ["（附件：表一；表二）已报。"]),
        ("他说：“别填表了。”会后取消三张。", ["他说：“别填表了。”", "会后取消三张。"]),
        ("“别填表了。”他说。", ["“别填表了。”他说。"]),
        ("喊出“干就完了！”的口号，好。", ["喊出“干就完了！”的口号，好。"]),
        ("已办结。（时限：3月。）下一项。", ["已办结。", "（时限：3月。）", "下一项。"]),
        ("会真多！！！”散会。", ["会真多！！！”", "散会。"]),
        (
            "1.督查“改头换面”搞形式，评估调研成变相检查。某区查了九回。",
            ["1.督查“改头换面”搞形式，评估调研成变相检查。", "某区查了九回。"],
        ),
        ("一是会多;二是文多;三是查得勤.", ["一是会多;", "二是文多;", "三是查得勤."]),
        ("增长3.5%.明年再看", ["增长3.5%.明年再看"]),
        ("一.加强学习.二是落实", ["一.加强学习.", "二是落实"]),
        ('说是"减负;其实加码"的事,(见附件;2)多了;', ['说是"减负;其实加码"的事,(见附件;2)多了;']),
        ("**市XX局“三多;三少”问题；已改", ["**市XX局“三多;三少”问题；", "已改"]),
        ("见http://a.cn/?a=1&amp;b=2 一页", ["见http://a.cn/?a=1&amp;b=2 一页"]),
        ("整改（见附件1；附件2)已完成。", ["整改（见附件1；附件2)已完成。"]),
        ("整改(见附件1;附件2）已完成。", ["整改(见附件1;附件2）已完成。"]),
        ('“会多；文多"现象仍在。', ['“会多；文多"现象仍在。']),
        ("AT&T;开会。C&D公司;完", ["AT&T;", "开会。", "C&D公司;", "完"]),
        ("半个引号“没有收尾。下一句。", ["半个引号“没有收尾。", "下一句。"]),
        ("多出一个）括号。下一句。", ["多出一个）括号。", "下一句。"]),
        ("", []),
        (" \u3000\n\t", []),
    ],
)
def test_units(text: str, units: list[str]) -> None:
    assert split_text(text) == units


@given(st.one_of(st.text(), st.text(alphabet=CHINESE)))
def test_offsets_point_at_the_text_and_nothing_is_lost(text: str) -> None:
    document = Document.from_text(text)
    position = 0
    for unit in split(document):
        assert unit.text == unit.text.strip() != ""
        assert document.text[unit.start : unit.end] == unit.text
        assert not document.text[position : unit.start].strip()
        position = unit.end
    assert not document.text[position:].strip()


@given(st.text(alphabet=CHINESE))
def test_a_unit_never_spans_lines(text: str) -> None:
    assert all("\n" not in unit and "\r" not in unit for unit in split_text(text))


@given(st.lists(st.text(alphabet=CHINESE), max_size=6))
def test_blocks_join_without_loss(texts: list[str]) -> None:
    document = Document.from_blocks(Block(text) for text in texts)
    kept = "".join("".join(unit.text for unit in split(document)).split())
    assert kept == "".join("".join(texts).split())


REPORT = """某局整改报告
为落实要求，现将整改情况报告如下。
三、督查检查方面
（一）问题表现
1.督查“改头换面”搞形式，评估调研成变相检查。某区一年查了九回。
（二）整改措施：
1.实行备案管理，一律凭编号入企；2.合并同类事项。
四、放权赋能方面
放权不到位
审批章仍锁在市里，乡镇只管收材料、担责任，群众来回要跑好几趟路才能办成一件事。
"""


def test_heading_paths() -> None:
    units = {unit.text: unit.heading for unit in split(Document.from_text(REPORT))}
    inspections = "三、督查检查方面"
    assert units["某局整改报告"] == ()
    assert units[inspections] == ()
    assert units["（一）问题表现"] == (inspections,)
    assert units["某区一年查了九回。"] == (inspections, "（一）问题表现")
    assert units["2.合并同类事项。"] == (inspections, "（二）整改措施：")
    assert units["放权不到位"] == ("四、放权赋能方面",)
    assert units[REPORT.splitlines()[-1]] == ("四、放权赋能方面", "放权不到位")


def test_list_items_are_not_headings() -> None:
    text = "会议要求：\n一、各村要清理台账，逐项销号，月底前报送结果；\n二、不再要求村里拍照留痕。\n二、做好收尾。\n散会。"
    assert all(unit.heading == () for unit in split(Document.from_text(text))[:3])


def test_the_last_item_of_a_list_is_no_heading() -> None:
    text = "问题如下：\n1.会多。\n2.文多。\n3.检查多。\n上述问题影响了工作。\n一、二季度会议太多。\n确实。"
    assert all(unit.heading == () for unit in split(Document.from_text(text)))


def test_declared_headings_count_and_table_cells_do_not() -> None:
    document = Document.from_blocks(
        [
            Block("文件方面", heading_level=1),
            Block("一、发文", in_table=True),
            Block("发文太多，每周都有。"),
        ]
    )
    assert [unit.heading for unit in split(document)] == [(), ("文件方面",), ("文件方面",)]


def test_paragraph_and_page_numbers() -> None:
    document = Document.from_blocks(
        [Block("甲。乙。", pages=((0, 1), (2, 2))), Block(""), Block("丙。", pages=((0, 3),))]
    )
    assert [(u.paragraph, u.page) for u in split(document)] == [(1, 1), (1, 2), (2, 3)]


def test_is_one_unit() -> None:
    assert is_one_unit("会多。")
    assert not is_one_unit("会多。文多。")
    assert not is_one_unit("会多\n文多")


def test_a_megabyte_without_punctuation_takes_no_time() -> None:
    assert len(split_text("会" * 1_000_000)) == 1
    assert len(split_text("（“" * 100_000)) == 1
    assert len(split_text("&amp;" * 100_000)) == 1
    assert len(split_text("." * 200_000)) == 1
