"""Pictures and scanned pages: their text is recognised on this machine, with RapidOCR.

Its wheel holds the models, PP-OCRv6 small for detection and recognition (Baidu, Apache-2.0), so
that nothing is ever fetched. The recognised lines are put back into paragraphs as those of a PDF.
"""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from itertools import count
from math import cos, sin, sqrt
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from zhaojing.errors import UnreadableFile
from zhaojing.reading.document import Block
from zhaojing.reading.layout import Line, Page, blocks, in_columns, in_rows

if TYPE_CHECKING:
    from PIL import Image

MAX_PIXELS = 80_000_000  # of a picture: A3 at 600 dots an inch has 70 million
MAX_SCANS = 500  # pages of a file; each takes seconds

_MILLIONS = MAX_PIXELS // 1_000_000
_A4_AREA = 595.0 * 842.0  # square points; a picture is taken for A4, since few tell their size
_DETAIL = 200 / 72  # pixels a point at most: enough for the small print of a form
_AREA = 4_000_000  # pixels that are looked at: those of an A4 page in this detail
_FORMATS = ("PNG", "JPEG", "TIFF", "BMP")

_SURE = 0.5  # confidence; what is below is noise: seals, stamps, specks
_UPRIGHT = 0.75  # confidence of a page; below, it may stand on its head, as poor copies keep 0.9
_LONGEST = 120.0  # ratio of length to height that no line of print reaches, but a rule does
_MOST = 20_000.0  # sum of these ratios: a page has no more characters, but hatching has

_Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of text and the four corners of its box, clockwise, in pixels.

    ``corners`` has the shape (4, 2) and begins where the text does; ``confidence`` is in [0, 1].
    """

    text: str
    corners: NDArray[np.float64]
    confidence: float

    @property
    def length(self) -> float:
        return float(np.linalg.norm(self.corners[1] - self.corners[0]))

    @property
    def height(self) -> float:
        return float(np.linalg.norm(self.corners[3] - self.corners[0]))


def is_installed() -> bool:
    """Whether the extra ``ocr`` is there."""
    return bool(find_spec("rapidocr") and find_spec("onnxruntime"))


def check_count(pages: int) -> None:
    """Raise :class:`UnreadableFile` for more pages than can be recognised in reasonable time."""
    if pages > MAX_SCANS:
        raise UnreadableFile("ocr.too_many", limit=MAX_SCANS)


def check_size(width: int, height: int) -> None:
    """Raise :class:`UnreadableFile` for a picture whose pixels would fill the memory."""
    if width * height > MAX_PIXELS:
        raise UnreadableFile("picture.too_large", limit=_MILLIONS)


def scale_for(width: float, height: float) -> float:
    """Return the pixels a point in which a page of this size, in points, is best drawn."""
    return min(_DETAIL, sqrt(_AREA / (width * height)))


def read_picture(data: bytes) -> Iterator[Block]:
    """Yield the paragraphs recognised in a picture; a TIFF may hold several pages.

    Raises
    ------
    UnreadableFile
        The extra ``ocr`` is missing; the picture is damaged, too large, has too many pages, or
        no text that can be read.
    """
    if not is_installed():
        raise UnreadableFile("picture.needs_ocr")
    pages = []
    for number, picture in enumerate(_pictures(data), 1):
        check_count(number)
        width, height = picture.size
        pages.append(recognise(picture, number, width * sqrt(_A4_AREA / (width * height))))
    if not any(page.lines for page in pages):
        raise UnreadableFile("ocr.nothing")
    yield from blocks(pages)


def _pictures(data: bytes) -> Iterator[Image.Image]:
    """Yield the pages of an image file, one in memory at a time."""
    for index in count():
        picture = _picture(data, index)
        if picture is None:
            return
        yield picture


def _picture(data: bytes, index: int) -> Image.Image | None:
    """Return one page of an image file, ``None`` beyond the last."""
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of odd metadata, which nobody reads here
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            file = Image.open(io.BytesIO(data), formats=_FORMATS)
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise UnreadableFile("picture.too_large", limit=_MILLIONS) from error
        with file:
            if index and file.format != "TIFF":  # the others hold previews, or films
                return None
            try:
                file.seek(index)
            except EOFError:
                return None
            check_size(*file.size)
            return _flattened(file)


def _flattened(image: Image.Image) -> Image.Image:
    """Return a picture as black on white would be: upright, opaque, no larger than needed."""
    from PIL import Image, ImageOps

    ImageOps.exif_transpose(image, in_place=True)
    if image.mode.startswith("I;16"):  # which Pillow would clip to white
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    shrink = sqrt(_AREA / (image.width * image.height))
    if shrink < 1:
        image = image.resize([max(1, round(side * shrink)) for side in image.size])
    if image.mode == "RGBA":
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")


def recognise_file(data: bytes, number: int, width: float) -> Page | None:
    """Return page ``number`` as recognised in a picture file, ``None`` if nothing can be read.

    ``width`` is the page's, in points.

    Raises
    ------
    UnreadableFile
        The picture is too large, or the recogniser does not start.
    """
    try:
        picture = _picture(data, 0)
    except (OSError, ValueError, SyntaxError):  # damaged, or JBIG2: Pillow's ways to say so
        return None
    page = recognise(picture, number, width) if picture else None
    return page if page and page.lines else None


def recognise(picture: Image.Image, number: int, width: float) -> Page:
    """Return page ``number`` as recognised in ``picture``, which is ``width`` points wide.

    Raises
    ------
    UnreadableFile
        The recogniser does not start.
    """
    pixels, pieces = _upright(np.asarray(picture.convert("RGB"))[:, :, ::-1])  # OpenCV's order
    unit = width / picture.width  # points a pixel
    page_height, page_width = (unit * side for side in pixels.shape[:2])
    lines = in_rows(_lines(pieces, number, unit, page_height))
    return Page(number, page_width, page_height, in_columns(lines, page_width), _confidence(pieces))


def _upright(pixels: _Pixels) -> tuple[_Pixels, list[_Piece]]:
    """Return the picture turned so that its text can be read, and the text."""
    pieces = _read(pixels)
    longer = [piece for piece in pieces if len(piece.text) > 1]
    if sum(piece.height > piece.length for piece in longer) * 2 > len(longer):
        turns = [(turned, _read(turned)) for turned in (np.rot90(pixels), np.rot90(pixels, 3))]
    elif pieces and _confidence(pieces) < _UPRIGHT:
        turned = np.rot90(pixels, 2)
        turns = [(pixels, pieces), (turned, _read(turned))]
    else:
        turns = [(pixels, pieces)]
    return max(turns, key=lambda turn: _confidence(turn[1]))


def _confidence(pieces: Sequence[_Piece]) -> float:
    """Return the mean confidence of all characters, 0 if there are none."""
    characters = sum(len(piece.text) for piece in pieces)
    return sum(len(p.text) * p.confidence for p in pieces) / characters if characters else 0.0


def _read(pixels: _Pixels) -> list[_Piece]:
    engine, nothing_found = _engine()
    try:
        strips, boxes = engine.detect_and_crop(np.ascontiguousarray(pixels), {})
    except nothing_found:
        return []
    ratios = [max(strip.shape[:2]) / max(1, min(strip.shape[:2])) for strip in strips]
    kept = [index for index, ratio in enumerate(ratios) if ratio <= _LONGEST]
    if not kept or sum(ratios[index] for index in kept) > _MOST:
        return []
    found = engine.recognize_txt([strips[index] for index in kept])
    return [
        _Piece(text.strip(), np.asarray(boxes.boxes[index], float), float(confidence))
        for index, text, confidence in zip(kept, found.txts, found.scores, strict=True)
        if text.strip()
    ]


@cache
def _engine() -> tuple[Any, type[Exception]]:
    """Return the recogniser, and what it raises where there is no text."""
    try:
        # newer versions than the pinned one report to their maker, and keep a file of it at home
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"
        import onnxruntime
        import rapidocr
        from rapidocr.main import RapidOCRError

        onnxruntime.disable_telemetry_events()  # what Windows builds log of each model
        models = Path(rapidocr.__file__).parent / "models"
        settings = {
            "Global.log_level": "critical",
            "Global.use_vertical_padding": False,
            # named, so that a missing file is an error and no reason to fetch it
            "Det.model_path": str(models / "PP-OCRv6_det_small.onnx"),
            "Rec.model_path": str(models / "PP-OCRv6_rec_small.onnx"),
            # the size is ours to choose: a thin strip must not be blown up to a giant
            "Det.limit_type": "max",
            "Det.limit_side_len": _AREA,
        }
        engine = rapidocr.RapidOCR(params=settings)
        # the models are loaded on first use, so now, while it is clear that no file is at fault
        blank = np.full((64, 64, 3), 255, np.uint8)
        engine.recognize_txt([blank])
        with suppress(RapidOCRError):
            engine.detect_and_crop(blank, {})
    except Exception as error:  # a library that Windows lacks, a model that is damaged
        raise UnreadableFile("ocr.broken", detail=f"{type(error).__name__}: {error}") from error
    return engine, RapidOCRError


def _lines(
    pieces: Sequence[_Piece], number: int, unit: float, page_height: float
) -> Iterator[Line]:
    """Yield what is sure enough as lines, in points, of a page that lies straight."""
    sure = [piece for piece in pieces if piece.confidence >= _SURE]
    if not sure:
        return
    body = median(piece.height for piece in sure)
    slope = _slope(sure)
    straight = np.array([[cos(slope), -sin(slope)], [sin(slope), cos(slope)]])
    for piece in sure:
        x, y = (unit * piece.corners @ straight).T
        # boxes are drawn around ink: those of one type differ by a few pixels
        close = abs(piece.height - body) < 0.25 * body
        height = unit * (body if close else piece.height)
        # a Latin letter is half as wide as a Chinese character
        ems = sum(1.0 if ord(char) > 0x2E7F else 0.5 for char in piece.text)
        yield Line(
            text=piece.text,
            left=float(x.min()),
            right=float(x.max()),
            top=page_height - float(y.mean()) + height / 2,
            height=height,
            em=unit * piece.length / ems if ems >= 5 else height,
            page=number,
        )


def _slope(pieces: Sequence[_Piece]) -> float:
    """Return the angle, in radians, by which the lines of a page run down to the right."""
    long = [piece for piece in pieces if piece.length > 5 * piece.height]
    if not long:
        return 0.0
    across = [piece.corners[1] - piece.corners[0] for piece in long]
    return float(np.median([np.arctan2(y, x) for x, y in across]))
