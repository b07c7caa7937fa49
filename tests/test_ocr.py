"""Scans and pictures: recognised where the extra is there, and said clearly where it is not."""

from __future__ import annotations

import contextlib
import difflib
import io
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from test_ofd import with_scan
from zhaojing.errors import UnreadableFile
from zhaojing.reading import Document, ocr, read
from zhaojing.reading.ocr import read_picture
from zhaojing.reading.ofd import read_ofd
from zhaojing.reading.pdf import read_pdf
from zhaojing.splitting import split

if TYPE_CHECKING:
    from PIL import Image

FILES = Path(__file__).parent / "files"
FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/System/Library/Fonts/PingFang.ttc",
    "C:/Windows/Fonts/simsun.ttc",
)
CJK = next((name for name in FONTS if Path(name).exists()), None)
recognised = pytest.mark.skipif(
    CJK is None or not ocr.is_installed(), reason="needs the extra ocr and a Chinese font"
)

TITLE = "关于会议过多的情况报告"
FIRST = (
    "今年以来，县里的会议一个接着一个，同一件事乡镇要听三遍，部门再布置一遍，"
    "到村里时离最初的要求已经很远，干部白天开会，晚上补材料，真正入户的时间所剩无几。"
)
SECOND = (
    "问题的根子在于以会议落实会议、以文件落实文件，把开过会当作办成事，"
    "对基层反映的困难研究不深、答复不实，群众意见较大。"
)
WIDTH = 28  # characters in a line


def rows(paragraph: str) -> list[str]:
    indented = "　　" + paragraph
    return [indented[i : i + WIDTH] for i in range(0, len(indented), WIDTH)]


def sheet(lines: list[str], dpi: int = 150, title: str = "", foot: str = "") -> Image.Image:
    """Return an A4 page with ``lines`` of 16 points, as official documents have them."""
    from PIL import Image, ImageDraw, ImageFont

    assert CJK is not None
    scale = dpi / 72
    image = Image.new("L", (round(595 * scale), round(842 * scale)), 255)
    draw = ImageDraw.Draw(image)

    def write(content: str, x: float, y: float, size: float) -> None:
        font = ImageFont.truetype(CJK, round(size * scale), index=2 if "Noto" in CJK else 0)
        draw.text((x * scale, y * scale), content, font=font, fill=0)

    if title:  # and the rule below it, of official documents
        write(title, 160, 80, 22)
        draw.line((74 * scale, 120 * scale, 521 * scale, 120 * scale), fill=0, width=3)
    for index, line in enumerate(lines):
        write(line, 74, 140 + 28 * index, 16)
    write(foot, 280, 790, 14)
    return image


def scanned(image: Image.Image, *, noise: float, blur: float, turn: float) -> Image.Image:
    """Return ``image`` as a scanner would: grey, grainy, blurred and not quite straight."""
    from PIL import Image, ImageFilter

    crooked = image.rotate(turn, resample=Image.Resampling.BICUBIC, fillcolor=255)
    soft = np.asarray(crooked.filter(ImageFilter.GaussianBlur(blur)), float)
    grain = np.random.default_rng(7).normal(0, noise, soft.shape)
    return Image.fromarray((0.9 * soft + grain).clip(0, 255).astype(np.uint8))


def saved(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def line(content: str = "会议太多，层层陪会。") -> Image.Image:
    """Return a small picture of one line."""
    return sheet([content]).crop((130, 280, 800, 360))


def likeness(found: str, expected: str) -> float:
    """Return the share of the characters of ``expected`` that stand in ``found``, in order."""
    matcher = difflib.SequenceMatcher(None, found, expected, autojunk=False)
    return sum(block.size for block in matcher.get_matching_blocks()) / len(expected)


# --- with the extra ---------------------------------------------------------------------------


@recognised
@pytest.mark.parametrize(
    ("dpi", "wear", "quality", "least"),
    [
        (200, None, 95, 0.99),
        (200, {"noise": 18.0, "blur": 0.8, "turn": 0.7}, 95, 0.98),
        (100, {"noise": 12.0, "blur": 0.6, "turn": -0.5}, 30, 0.97),
    ],
    ids=["clean", "scan", "poor"],
)
def test_a_page_is_recognised_and_put_into_paragraphs(
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    dpi: int,
    wear: Any,
    quality: int,
    least: float,
) -> None:
    image = sheet(rows(FIRST) + rows(SECOND), dpi, TITLE, "— 1 —")
    path = tmp_path / "扫描.jpg"
    path.write_bytes(saved(scanned(image, **wear) if wear else image, "JPEG", quality=quality))
    document = read(path)
    found = [document.text[p.start : p.end] for p in document.paragraphs]
    assert len(found) == 3
    for paragraph, expected in zip(found, [TITLE, FIRST, SECOND], strict=True):
        assert likeness(paragraph, expected) >= least
    [(number, confidence)] = document.page_confidence
    assert number == 1
    assert 0.9 < confidence <= 1
    assert capfd.readouterr() == ("", "")


@recognised
def test_a_paragraph_runs_over_the_pages_of_a_tiff(tmp_path: Path) -> None:
    pages = [sheet(rows(FIRST)[:2], foot="— 1 —"), sheet(rows(FIRST)[2:] + rows(SECOND)), sheet([])]
    path = tmp_path / "传真.TIF"
    path.write_bytes(saved(pages[0], "TIFF", save_all=True, append_images=pages[1:]))
    document = read(path)
    units = split(document)
    assert len(document.paragraphs) == 2
    assert likeness(document.text, FIRST + SECOND) > 0.98
    assert [unit.page for unit in units] == [1, 2]
    assert [number for number, _ in document.page_confidence] == [1, 2, 3]
    assert document.page_confidence[2] == (3, 0.0)  # blank


@recognised
@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_page_that_was_fed_in_turned(turn: int) -> None:
    top = sheet(rows(SECOND)).crop((0, 250, 1240, 600))
    [block] = read_picture(saved(top.rotate(turn, expand=True)))
    assert likeness(block.text, SECOND) > 0.97


@recognised
def test_kinds_of_pictures() -> None:
    from PIL import Image

    ink = line()
    clear = Image.new("RGBA", ink.size, (0, 0, 0, 0))
    clear.putalpha(ink.point(lambda value: 255 - value))
    deep = Image.fromarray(np.asarray(ink).astype(np.uint16) * 257)
    turned = Image.Exif()
    turned[0x0112] = 6  # orientation
    for data in (
        saved(clear),
        saved(deep),
        saved(ink.convert("P")),
        saved(ink.convert("1"), "TIFF", compression="group4"),
        saved(ink.convert("CMYK"), "JPEG"),
        saved(ink, "BMP"),
        saved(ink.transpose(Image.Transpose.ROTATE_90), "JPEG", exif=turned),
    ):
        assert [block.text for block in read_picture(data)] == ["会议太多，层层陪会。"]


@recognised
@pytest.mark.parametrize("size", [(1, 1), (3, 3), (30_000, 2), (2, 30_000), (400, 300)])
def test_pictures_without_text(size: tuple[int, int]) -> None:
    from PIL import Image

    with pytest.raises(UnreadableFile) as caught:
        list(read_picture(saved(Image.new("L", size, 255))))
    assert caught.value.key == "ocr.nothing"


def pdf_of(*pages: Image.Image | None, stamp: str = "") -> bytes:
    """Return a PDF of scans; ``None`` is a page with a text layer, ``stamp`` is text on scans."""
    pdf = pdfium.PdfDocument.new()
    with contextlib.closing(pdfium.PdfDocument(FILES / "six-pages.pdf")) as typed:
        for image in pages:
            if image is None:
                pdf.import_pages(typed, [0])
                continue
            page = pdf.new_page(595, 842)
            picture = pdfium.PdfImage.new(pdf)
            picture.load_jpeg(io.BytesIO(saved(image, "JPEG")), inline=True)
            picture.set_matrix(pdfium.PdfMatrix().scale(595, 842))
            page.insert_obj(picture)
            if stamp:
                text = pdfium_c.FPDFPageObj_NewTextObj(pdf, b"Helvetica", 12)
                units = (stamp + "\0").encode("utf-16-le")
                pdfium_c.FPDFText_SetText(
                    text, (pdfium_c.FPDF_WCHAR * (len(units) // 2)).from_buffer_copy(units)
                )
                pdfium_c.FPDFPageObj_Transform(text, 1, 0, 0, 1, 290, 30)
                pdfium_c.FPDFPage_InsertObject(page, text)
            page.gen_content()
        buffer = io.BytesIO()
        pdf.save(buffer)
        pdf.close()
    return buffer.getvalue()


@recognised
@pytest.mark.parametrize("stamp", ["", "- 2 -"])
def test_only_the_scans_of_a_pdf_are_recognised(stamp: str) -> None:
    typed = Document.from_blocks(read_pdf(pdf_of(None)))
    mixed = Document.from_blocks(read_pdf(pdf_of(None, sheet(rows(SECOND)), stamp=stamp)))
    assert typed.page_confidence == ()
    [(number, confidence)] = mixed.page_confidence
    assert number == 2
    assert confidence > 0.9
    assert mixed.text.startswith(typed.text)
    rest = mixed.text[len(typed.text) :]
    assert likeness(rest, SECOND) > 0.98
    assert "- 2 -" not in rest
    assert mixed.page_at(len(mixed.text) - 1) == 2


@recognised
def test_a_scan_in_an_ofd() -> None:
    document = Document.from_blocks(read_ofd(with_scan(saved(sheet(rows(FIRST))))))
    assert likeness(document.text, FIRST) > 0.97
    assert document.text.startswith("会议太多。")
    ((number, confidence),) = document.page_confidence
    assert number == 2
    assert confidence > 0.9


@recognised
def test_nothing_is_written_at_home(tmp_path: Path) -> None:
    """Libraries keep caches, and some a diary of their use; no user wants either here."""
    home, picture = tmp_path / "home", tmp_path / "图.png"
    home.mkdir()
    picture.write_bytes(saved(line()))
    code = "import sys; from zhaojing.reading import read; print(len(read(sys.argv[1]).text))"
    places = ("HOME", "XDG_CACHE_HOME", "USERPROFILE", "LOCALAPPDATA", "APPDATA", "TMPDIR")
    done = subprocess.run(
        [sys.executable, "-c", code, str(picture)],
        capture_output=True,
        text=True,
        env=os.environ | dict.fromkeys(places, str(home)),
        check=False,
    )
    assert (done.stdout.strip(), done.stderr) == ("10", "")
    assert list(home.rglob("*")) == []


@recognised
def test_too_many_scans_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "MAX_SCANS", 1)
    blank = sheet([], dpi=30)
    tiff = saved(blank, "TIFF", save_all=True, append_images=[blank])
    for reading in (read_picture(tiff), read_pdf(pdf_of(blank, blank))):
        with pytest.raises(UnreadableFile) as caught:
            list(reading)
        assert caught.value.key == "ocr.too_many"


@recognised
def test_a_recogniser_that_does_not_start_is_no_fault_of_the_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def failure() -> str:
        ocr._engine.cache_clear()
        with pytest.raises(UnreadableFile) as caught:
            list(read_picture(saved(line())))
        return caught.value.key

    import rapidocr

    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "rapidocr.main", None)
        assert failure() == "ocr.broken"
    monkeypatch.setattr(rapidocr, "__file__", "/nowhere/__init__.py")  # no models
    assert failure() == "ocr.broken"


# --- hostile files ----------------------------------------------------------------------------


def png(width: int, height: int, data: bytes = b"") -> bytes:
    """Return a PNG that says it has so many grey pixels, whatever it holds."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


@recognised
@pytest.mark.parametrize("side", [9_000, 11_000, 60_000], ids=["ours", "warned", "refused"])
def test_a_decompression_bomb_is_refused_unread(tmp_path: Path, side: int) -> None:
    path = tmp_path / "图.png"
    path.write_bytes(png(side, side))
    with pytest.raises(UnreadableFile) as caught:
        read(path)
    assert caught.value.key == "picture.too_large"


@recognised
def test_a_bomb_on_the_second_page_of_a_tiff() -> None:
    from PIL import Image

    images = [Image.new("1", (40, 40), 1), Image.new("1", (10_000, 9_000), 1)]
    tiff = saved(images[0], "TIFF", save_all=True, append_images=images[1:], compression="group4")
    assert len(tiff) < 100_000
    with pytest.raises(UnreadableFile) as caught:
        list(read_picture(tiff))
    assert caught.value.key == "picture.too_large"


@recognised
def test_a_bomb_in_a_pdf() -> None:
    pdf = (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
        b"/Resources<</XObject<</I 5 0 R>>>>>>endobj\n"
        b"4 0 obj<</Length 30>>stream\nq 595 0 0 842 0 0 cm /I Do Q \nendstream endobj\n"
        b"5 0 obj<</Type/XObject/Subtype/Image/Width 40000/Height 40000/BitsPerComponent 8"
        b"/ColorSpace/DeviceGray/Length 0>>stream\n\nendstream endobj\n"
        b"trailer<</Root 1 0 R/Size 6>>\n%%EOF"
    )
    with pytest.raises(UnreadableFile) as caught:
        list(read_pdf(pdf))
    assert caught.value.key == "picture.too_large"


STARTS = {
    ".png": b"\x89PNG\r\n\x1a\n",
    ".jpg": b"\xff\xd8\xff\xe0",
    ".tif": b"II*\0\x08\0\0\0",
    ".bmp": b"BM",
}


@pytest.mark.parametrize("suffix", STARTS)
@settings(
    deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.binary(max_size=300))
def test_arbitrary_bytes(tmp_path: Path, suffix: str, data: bytes) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(STARTS[suffix] + data)
    with contextlib.suppress(UnreadableFile):
        split(read(path))


@recognised
@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    position=st.integers(0, 10_000), value=st.integers(0, 255), kind=st.sampled_from(sorted(STARTS))
)
def test_a_damaged_picture(tmp_path: Path, position: int, value: int, kind: str) -> None:
    data = bytearray(
        saved(
            line().resize((160, 20)), {".jpg": "JPEG", ".tif": "TIFF"}.get(kind, kind[1:].upper())
        )
    )
    data[position % len(data)] = value
    path = tmp_path / f"a{kind}"
    path.write_bytes(data)
    with contextlib.suppress(UnreadableFile):
        split(read(path))


# --- without the extra ------------------------------------------------------------------------


@pytest.fixture
def without_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rapidocr", None)  # as if it were not installed


@pytest.mark.usefixtures("without_extra")
def test_a_picture_names_the_extra(tmp_path: Path) -> None:
    path = tmp_path / "图.png"
    path.write_bytes(png(4, 4, b"\0" * 20))
    with pytest.raises(UnreadableFile) as caught:
        read(path)
    assert caught.value.key == "picture.needs_ocr"
    for lang in ("zh", "en"):
        assert "pip install 'zhaojing[ocr]'" in caught.value.describe(lang)
        assert "pip download" in caught.value.describe(lang)


@recognised
def test_scans_of_a_pdf_are_told_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    scan = sheet(rows(SECOND), dpi=60)
    typed, mixed, scans = pdf_of(None), pdf_of(None, scan), pdf_of(scan)
    monkeypatch.setitem(sys.modules, "rapidocr", None)
    document = Document.from_blocks(read_pdf(mixed))
    assert document.text == Document.from_blocks(read_pdf(typed)).text
    assert document.page_confidence == ((2, 0.0),)
    with pytest.raises(UnreadableFile) as caught:
        list(read_pdf(scans))
    assert caught.value.key == "file.no_text_layer"
