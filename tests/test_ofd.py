"""OFD packages written by hand as GB/T 33190-2016 has them, well made, odd and hostile."""

from __future__ import annotations

import contextlib
import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zhaojing.errors import UnreadableFile
from zhaojing.reading import Document, read
from zhaojing.reading.ofd import read_ofd
from zhaojing.splitting import split

SPACE = 'xmlns:ofd="http://www.ofdspec.org/2016"'
SIZE = 5.6  # millimetres: the 16 points of official documents
LEFT, TOP, STEP, WIDTH = 26.0, 40.0, 10.0, 28  # of the text; WIDTH in characters
LONG = (
    "今年以来，县里的会议一个接着一个，同一件事乡镇要听三遍，"
    "部门再布置一遍，到村里时离最初的要求已经很远，"
    "干部白天开会，晚上补材料，真正入户的时间所剩无几。"
)


def text(content: str, x: float, y: float, *, code: str = "", **attributes: object) -> str:
    """Return a text object whose first baseline begins at ``x``, ``y``; ``code`` is of TextCode."""
    extra = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return (
        f'<ofd:TextObject ID="7" Boundary="{x} {y - SIZE} 170 8" Font="3" Size="{SIZE}"{extra}>'
        f'<ofd:TextCode X="0" Y="{SIZE}" {code}>{escape(content)}</ofd:TextCode></ofd:TextObject>'
    )


def steps(content: str) -> str:
    """Return a DeltaX for ``content`` in full-width characters."""
    return f'DeltaX="g {len(content) - 1} {SIZE}"'


def rows(paragraph: str) -> list[str]:
    """Return the rows of a paragraph, its first indented by two characters."""
    indented = "　　" + paragraph
    return [indented[i : i + WIDTH] for i in range(0, len(indented), WIDTH)]


def prose(lines: Sequence[str], top: float = TOP) -> str:
    """Return text objects for ``lines``, one below the other."""
    return "".join(
        text(line, LEFT, top + index * STEP, code=steps(line)) for index, line in enumerate(lines)
    )


def page(body: str, head: str = "", area: str = "0 0 210 297") -> str:
    return (
        f"<ofd:Page {SPACE}><ofd:Area><ofd:PhysicalBox>{area}</ofd:PhysicalBox></ofd:Area>{head}"
        f'<ofd:Content><ofd:Layer Type="Body">{body}</ofd:Layer></ofd:Content></ofd:Page>'
    )


def package(*pages: str, common: str = "", **parts: str) -> dict[str, str]:
    """Return the parts of an OFD file of ``pages``; ``parts`` come in, or take the place of others.

    ``__`` in a keyword is a slash; the suffix is added.
    """
    listed = "".join(
        f'<ofd:Page ID="{n}" BaseLoc="Pages/Page_{n}/Content.xml"/>' for n in range(len(pages))
    )
    found = {
        "OFD.xml": f"<ofd:OFD {SPACE}><ofd:DocBody><ofd:DocInfo/>"
        "<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>",
        "Doc_0/Document.xml": f"<ofd:Document {SPACE}><ofd:CommonData>{common}</ofd:CommonData>"
        f"<ofd:Pages>{listed}</ofd:Pages></ofd:Document>",
    }
    found |= {f"Doc_0/Pages/Page_{n}/Content.xml": content for n, content in enumerate(pages)}
    return found | {name.replace("__", "/") + ".xml": content for name, content in parts.items()}


def packed(parts: Mapping[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def texts(parts: dict[str, str]) -> list[str]:
    return [block.text.strip("　") for block in read_ofd(packed(parts))]


def failure(data: bytes) -> UnreadableFile:
    with pytest.raises(UnreadableFile) as caught:
        list(read_ofd(data))
    return caught.value


# --- text ------------------------------------------------------------------------------------


def test_lines_are_rejoined_and_know_their_pages(tmp_path: Path) -> None:
    first, second = rows(LONG)[:2], rows(LONG)[2:]
    path = tmp_path / "报告.ofd"
    title = text("关于会议过多的报告", 60, 30, code=steps("关于会议过多的报告"))
    path.write_bytes(
        packed(
            package(
                page(title + prose(first, 250)),
                page(prose([*second, "　　整改：合并会议。"]) + text("— 2 —", 100, 285)),
            )
        )
    )
    document = read(path)
    units = split(document)
    assert "".join(unit.text for unit in units) == f"关于会议过多的报告{LONG}整改：合并会议。"
    assert [document.text[p.start : p.end].strip("　") for p in document.paragraphs] == [
        "关于会议过多的报告",
        LONG,
        "整改：合并会议。",
    ]
    run_over = document.text.index(second[0][:6])
    assert (document.page_at(run_over - 1), document.page_at(run_over)) == (1, 2)
    assert document.page_confidence == ()


def test_groups_in_delta_x_place_the_characters() -> None:
    # five steps of 3.2, then a gap as between the cells of a table, then 3.2 again
    code = 'DeltaX="g 5 3.2 12 g 2 3.2"'
    row = text("一二三四五六七八九", 20, 50, code=code, HScale="0.57")
    later = text("十", 20 + 5 * 3.2 + 12 + 3 * 3.2, 50, HScale="0.57")
    # what is painted last stands first
    assert texts(package(page(later + row + text("零", 14, 50)))) == ["零一二三四五六 七八九十"]


def test_one_text_code_a_character_in_any_order() -> None:
    lines = rows(LONG)
    objects = [
        text(char, LEFT + column * SIZE, TOP + row * STEP)
        for row, line in enumerate(lines)
        for column, char in enumerate(line)
    ]
    assert texts(package(page("".join(objects[::2] + objects[1::2])))) == [LONG]


def test_several_text_codes_in_one_object_take_over_what_they_do_not_say() -> None:
    codes = "".join(
        f'<ofd:TextCode X="{x}" {y} DeltaX="{SIZE}">{content}</ofd:TextCode>'
        for x, y, content in [(0, 'Y="6"', "会议"), (11.2, "", "太多"), (0, 'Y="20"', "另行")]
    )
    body = f'<ofd:TextObject Boundary="20 20 99 30" Size="{SIZE}">{codes}</ofd:TextObject>'
    assert texts(package(page(body + prose(rows(LONG), 60)))) == ["会议太多", "另行", LONG]


def test_text_without_steps_is_as_wide_as_its_characters() -> None:
    body = text("全县开会20次", 20, 50) + text("，过多。", 20 + 5 * SIZE, 50)
    assert texts(package(page(body))) == ["全县开会20次，过多。"]


def test_bold_type_printed_twice_is_read_once() -> None:
    body = text("会议", 20, 50, code=steps("会议")) + text("会议", 20.1, 50, code=steps("会议"))
    assert texts(package(page(body))) == ["会议"]


def test_glyph_numbers_are_passed_over_and_escapes_resolved() -> None:
    body = (
        f'<ofd:TextObject Boundary="20 20 99 9" Size="{SIZE}">'
        '<ofd:CGTransform CodePosition="0" CodeCount="4" GlyphCount="4">'
        "<ofd:Glyphs>4460 12 13 99</ofd:Glyphs></ofd:CGTransform>"
        f'<ofd:TextCode X="0" Y="5" DeltaX="g 4 {SIZE}">\n  会议\\0020太多\\D842\\DFB7\n  </ofd:TextCode>'
        '<ofd:TextCode X="0" Y="5"/><ofd:TextCode X="99" Y="5">只有半个字\\D842</ofd:TextCode>'
        "</ofd:TextObject>"
    )
    assert texts(package(page(body))) == ["会议 太多𠮷 只有半个字\ufffd"]


def test_two_columns_are_read_one_after_the_other() -> None:
    left = [f"左栏第{n}行写满为止。" for n in "一二三四五六"]
    right = [f"右栏第{n}行写满为止。" for n in "一二三四五六"]
    body = "".join(
        text(line, x, TOP + index * STEP, code=steps(line))
        for index, pair in enumerate(zip(left, right, strict=True))
        for x, line in zip((26, 120), pair, strict=True)
    )
    assert "".join(texts(package(page(body)))) == "".join(left + right)


def test_hidden_objects_annotations_and_signatures_are_left_out() -> None:
    hidden = text("看不见", 20, 80, Visible="false")
    block = f'<ofd:PageBlock Visible="false">{text("也看不见", 20, 90)}</ofd:PageBlock>'
    shown = (
        f"<ofd:PageBlock><ofd:PageBlock>{text('看得见', 20, 70)}</ofd:PageBlock></ofd:PageBlock>"
    )
    note = f"<ofd:PageAnnot {SPACE}><ofd:Annot>{text('批注', 20, 60)}</ofd:Annot></ofd:PageAnnot>"
    parts = package(
        page(hidden + block + shown),
        Doc_0__Annots__Annot_0=note,
        Doc_0__Signs__Sign_0__Signature=note,
    )
    assert texts(parts) == ["看得见"]


# --- matrices --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("matrix", "corner", "size"),
    [
        ("0 1 -1 0 0 0", lambda x, y: (210 - y, x), "0 0 210 297"),  # reads downwards
        ("-1 0 0 -1 0 0", lambda x, y: (297 - x, 210 - y), "0 0 297 210"),
        ("0 -1 1 0 0 0", lambda x, y: (y, 297 - x), "0 0 210 297"),  # reads upwards
    ],
    ids=["down", "on its head", "up"],
)
def test_a_page_that_lies_turned(matrix: str, corner: object, size: str) -> None:
    body = ""
    for index, line in enumerate(rows(LONG)):
        left, top = corner(LEFT, TOP + index * STEP)  # type: ignore[operator]
        body += (
            f'<ofd:TextObject Boundary="{left} {top} 9 9" CTM="{matrix}" Size="{SIZE}">'
            f'<ofd:TextCode X="0" Y="0" {steps(line)}>{line}</ofd:TextCode></ofd:TextObject>'
        )
    assert texts(package(page(body, area=size))) == [LONG]


def test_a_matrix_scales_points_to_millimetres() -> None:
    body = "".join(
        f'<ofd:TextObject Boundary="{LEFT} {TOP + index * STEP} 9 9" '
        f'CTM="0.3528 0 0 0.3528 2 3" Size="15.96">'
        f'<ofd:TextCode X="0" Y="24" DeltaX="g {len(line) - 1} 15.96">{line}</ofd:TextCode>'
        "</ofd:TextObject>"
        for index, line in enumerate(rows(LONG))
    )
    assert texts(package(page(body))) == [LONG]


def test_columns_written_from_top_to_bottom() -> None:
    body = "".join(
        text(content, x, 40, code=f'DeltaY="g {len(content) - 1} 6"')
        for x, content in [(100, "后写的一行"), (110, "先写的一行")]
    )
    assert "".join(texts(package(page(body)))) == "先写的一行后写的一行"


def test_a_watermark_that_lies_askew_is_left_out() -> None:
    askew = text("内部资料严禁外传", 60, 200, CTM="0.7071 -0.7071 0.7071 0.7071 0 0")
    assert texts(package(page(prose(rows(LONG)) + askew))) == [LONG]


def test_a_side_note_does_not_break_into_the_lines() -> None:
    side = (
        f'<ofd:TextObject Boundary="12 60 9 90" Size="{SIZE}" CTM="0 1 -1 0 0 0">'
        f'<ofd:TextCode X="0" Y="0" {steps("装订线内不要写字")}>装订线内不要写字</ofd:TextCode>'
        "</ofd:TextObject>"
    )
    assert texts(package(page(side + prose(rows(LONG))))) == [LONG, "装订线内不要写字"]


def composite(inner: str) -> tuple[str, str]:
    """Return the common data and the resource part of a file with composite object 50."""
    unit = f'<ofd:CompositeGraphicUnit ID="50"><ofd:Content>{inner}</ofd:Content></ofd:CompositeGraphicUnit>'
    return (
        "<ofd:PublicRes>Missing.xml</ofd:PublicRes><ofd:DocumentRes>/Doc_0/Res.xml</ofd:DocumentRes>",
        f"<ofd:Res {SPACE}><ofd:CompositeGraphicUnits>{unit}</ofd:CompositeGraphicUnits></ofd:Res>",
    )


def use(resource: int) -> str:
    return f'<ofd:CompositeObject Boundary="60 0 90 90" CTM="2 0 0 2 0 0" ResourceID="{resource}"/>'


def test_text_in_composite_objects_is_placed_by_both_matrices() -> None:
    # at 60 + 2 · 10 = 80, where a character of twice 2.8 continues the line
    inner = (
        '<ofd:TextObject Boundary="10 22.2 9 9" Size="2.8">'
        '<ofd:TextCode X="0" Y="2.8" DeltaX="2.8">太多</ofd:TextCode></ofd:TextObject>'
    )
    common, resources = composite(inner)
    body = text("会议", 80 - 2 * SIZE, 50, code=steps("会议")) + use(50)
    assert texts(package(page(body), common=common, Doc_0__Res=resources)) == ["会议太多"]


@pytest.mark.parametrize("resource", [50, 51], ids=["in itself", "missing"])
def test_composite_objects_that_lead_nowhere_are_refused(resource: int) -> None:
    common, resources = composite(use(50))
    error = failure(packed(package(page(use(resource)), common=common, Doc_0__Res=resources)))
    assert error.key == "file.corrupt"


# --- packages --------------------------------------------------------------------------------


def test_templates_of_several_pages_go_and_a_page_s_own_stays() -> None:
    common = (
        '<ofd:TemplatePage ID="1" BaseLoc="Tpls/Tpl_0/Content.xml"/>'
        '<ofd:TemplatePage ID="2" BaseLoc="Tpls/Tpl_1/Content.xml"/>'
    )
    every, own = ('<ofd:Template TemplateID="1"/>', '<ofd:Template TemplateID="2"/>')
    parts = package(
        page(prose(rows(LONG)), own + every),
        page(prose(rows(LONG)), every),
        common=common,
        Doc_0__Tpls__Tpl_0__Content=page(text("某县人民政府办公室用笺", 60, 120)),
        Doc_0__Tpls__Tpl_1__Content=page(text("某县人民政府文件", 60, 20)),
    )
    assert texts(parts) == ["某县人民政府文件", LONG, LONG]


@pytest.mark.parametrize(
    "location",
    [
        "Pages/Page_0/Content.xml",
        "./Pages/Page_0/Content.xml",
        "/Doc_0/Pages/Page_0/Content.xml",
        "../Doc_0/Pages/Page_0/Content.xml",
        "Doc_0/Pages/Page_0/Content.xml",
        "Pages\\Page_0\\Content.xml",
        "pages/page_0/content.XML",
    ],
)
def test_paths_as_producers_write_them(location: str) -> None:
    parts = package(page(text("会议太多", 20, 50)))
    parts["Doc_0/Document.xml"] = parts["Doc_0/Document.xml"].replace(
        "Pages/Page_0/Content.xml", location
    )
    assert texts(parts) == ["会议太多"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("http://www.ofdspec.org/2016", "http://www.ofdspec.org"),
        (SPACE, 'xmlns:ofd="urn:another"'),
        ("ofd:", ""),
    ],
)
def test_any_namespace(old: str, new: str) -> None:
    parts = {
        name: content.replace(old, new)
        for name, content in package(page(text("会议太多", 20, 50))).items()
    }
    assert texts(parts) == ["会议太多"]


def test_several_documents_are_counted_through() -> None:
    parts = package(page(prose(["　　第一份。"])), page(prose(["　　第一份完。"])))
    second = package(page(prose(["　　第二份。"])))
    parts |= {name.replace("Doc_0", "Doc_1"): part for name, part in second.items() if "/" in name}
    body = "<ofd:DocBody><ofd:DocRoot>/Doc_1/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>"
    parts["OFD.xml"] = parts["OFD.xml"].replace("</ofd:OFD>", body)
    document = Document.from_blocks(read_ofd(packed(parts)))
    assert [document.page_at(start) for start, _ in document.page_starts] == [1, 2, 3]
    assert document.text.endswith("第二份。")


def test_the_area_of_the_document_holds_where_a_page_has_none() -> None:
    """A page number is one by its place, which needs the height of the page."""
    area = "<ofd:PageArea><ofd:PhysicalBox>0 0 210 140</ofd:PhysicalBox></ofd:PageArea>"
    body = page(prose(["　　会议太多。"]) + text("3", 100, 130)).replace(
        "<ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox>", ""
    )
    assert texts(package(body, common=area)) == ["会议太多。"]
    assert texts(package(body)) == ["会议太多。", "3"]


# --- what cannot be read ---------------------------------------------------------------------

PICTURE = '<ofd:ImageObject Boundary="0 0 210 297" ResourceID="9"/>'


def test_a_page_that_is_a_picture_is_told() -> None:
    parts = package(page(prose(["　　会议太多。"])), page(PICTURE), page(""))
    assert Document.from_blocks(read_ofd(packed(parts))).page_confidence == ((2, 0.0),)


SCANS = (
    '<ofd:MultiMedias><ofd:MultiMedia ID="9" Type="Image"><ofd:MediaFile>image_9.png'
    "</ofd:MediaFile></ofd:MultiMedia></ofd:MultiMedias>"
)


def with_scan(picture: bytes) -> bytes:
    """Return an OFD file of a page of text and one that is nothing but ``picture``."""
    common = "<ofd:DocumentRes>DocumentRes.xml</ofd:DocumentRes>"
    parts = package(page(prose(["　　会议太多。"])), page(PICTURE), common=common)
    resources = f'<ofd:Res {SPACE} BaseLoc="Res">{SCANS}</ofd:Res>'
    return packed(parts | {"Doc_0/DocumentRes.xml": resources, "Doc_0/Res/image_9.png": picture})


def test_a_picture_that_cannot_be_opened_is_told() -> None:
    document = Document.from_blocks(read_ofd(with_scan(b"\x97JB2\r\n\x1a\n")))
    assert document.page_confidence == ((2, 0.0),)


@pytest.mark.parametrize("body", ["", PICTURE, text("\ue001\ue002\ue003", 20, 50)])
def test_a_file_without_readable_text(body: str) -> None:
    assert failure(packed(package(page(body)))).key == "ofd.no_text"


ONE = package(page(prose(rows(LONG))))


@pytest.mark.parametrize(
    ("parts", "key"),
    [
        ({"a.xml": "<a/>"}, "file.misnamed"),
        ({"OFD.xml": f"<ofd:OFD {SPACE}/>"}, "file.corrupt"),
        ({k: v for k, v in ONE.items() if "Page_0" not in k}, "file.corrupt"),
        ({k: v for k, v in ONE.items() if "Document" not in k}, "file.corrupt"),
        (ONE | {"Encryptions.xml": "<a/>"}, "file.password"),
    ],
    ids=["no OFD", "no document", "page missing", "document missing", "encrypted"],
)
def test_packages_that_are_none(parts: dict[str, str], key: str) -> None:
    assert failure(packed(parts)).key == key


def test_broken_xml_and_a_cut_file_end_in_our_own_error(tmp_path: Path) -> None:
    whole = packed(ONE)
    cut = packed(ONE | {"Doc_0/Pages/Page_0/Content.xml": page(prose(rows(LONG)))[:-40]})
    for data in (whole[:-200], whole[:60], cut):
        path = tmp_path / "坏.ofd"
        path.write_bytes(data)
        with pytest.raises(UnreadableFile) as caught:
            read(path)
        assert caught.value.key == "file.corrupt"
        assert caught.value.where == str(path)
        assert "\n" not in caught.value.describe("zh")


def test_entities_are_never_expanded(tmp_path: Path) -> None:
    secret = tmp_path / "密.txt"
    secret.write_text("不该读到", "utf-8")
    inner = page(text("会议太多", 20, 50)).replace("会议太多", "会议&a;太多&b;")
    for declared in (
        f'<!ENTITY a SYSTEM "{secret.as_uri()}"><!ENTITY b "">',
        '<!ENTITY b "不该读到"><!ENTITY a "&b;&b;&b;">',
    ):
        parts = package(page(""))
        parts["Doc_0/Pages/Page_0/Content.xml"] = f"<!DOCTYPE x [{declared}]>{inner}"
        assert "不该读到" not in "".join(texts(parts))


@pytest.mark.parametrize(
    ("limit", "key"),
    [
        ("ofd.MAX_PART_BYTES", "file.too_large"),
        ("ofd.MAX_TOTAL_BYTES", "file.too_large"),
        ("ofd.MAX_PAGES", "file.too_many_pages"),
        ("ofd.MAX_PAGE_CHARS", "file.corrupt"),
        ("ofd_text.MAX_OBJECTS", "file.corrupt"),
    ],
)
def test_limits(monkeypatch: pytest.MonkeyPatch, limit: str, key: str) -> None:
    parts = package(page(prose(rows(LONG))), page(prose(rows(LONG))))
    assert len(texts(parts)) == 2
    monkeypatch.setattr(f"zhaojing.reading.{limit}", 1)
    assert failure(packed(parts)).key == key


def test_a_group_that_repeats_without_end_takes_no_memory() -> None:
    body = text("会议太多", 20, 50, code='DeltaX="g 99999999999 5.6"')
    assert texts(package(page(body))) == ["会议太多"]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=400))
def test_arbitrary_bytes(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.ofd"
    path.write_bytes(b"PK\x03\x04" + data)
    with contextlib.suppress(UnreadableFile):
        split(read(path))


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(position=st.integers(0, 40_000), value=st.integers(0, 255))
def test_a_damaged_file(tmp_path: Path, position: int, value: int) -> None:
    data = bytearray(packed(ONE))
    data[position % len(data)] = value
    path = tmp_path / "a.ofd"
    path.write_bytes(data)
    with contextlib.suppress(UnreadableFile):
        split(read(path))


_NUMBER = st.sampled_from(["0", "-1", "1e9", "nan", "inf", "3.2", "g", "5", "x", "1e-300", ""])
_NUMBERS = st.lists(_NUMBER, max_size=7).map(" ".join)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.fixed_dictionaries(
        dict.fromkeys(("Boundary", "CTM", "Size", "HScale", "X", "Y"), _NUMBERS)
    ),
    deltas=st.tuples(_NUMBERS, _NUMBERS),
    area=_NUMBERS,
)
def test_arbitrary_numbers(
    tmp_path: Path, values: dict[str, str], deltas: tuple[str, str], area: str
) -> None:
    place = " ".join(f'{name}="{values.pop(name)}"' for name in ("X", "Y"))
    given_ = " ".join(f'{name}="{value}"' for name, value in values.items())
    code = (
        f'<ofd:TextCode {place} DeltaX="{deltas[0]}" DeltaY="{deltas[1]}">会议太多a</ofd:TextCode>'
    )
    odd = f"<ofd:TextObject {given_}>{code}</ofd:TextObject>"
    path = tmp_path / "a.ofd"
    path.write_bytes(packed(package(page(odd + prose(rows(LONG)), area=area))))
    with contextlib.suppress(UnreadableFile):
        split(read(path))
