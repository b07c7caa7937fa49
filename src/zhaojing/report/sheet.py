"""How our worksheets look: header, widths, heights, filters, print set-up."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from copy import copy
from typing import Any

from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.page import PageMargins
from openpyxl.worksheet.properties import PageSetupProperties
from rich.cells import cell_len

from zhaojing.labels import LEVELS, Category, Role
from zhaojing.messages import Lang, say
from zhaojing.workbook import MAX_HEIGHT, write_row

_FONT, _SIZE, _LINE_HEIGHT = "宋体", 10.5, 16.0  # points; 10.5 is 五号


def write_header(
    sheet: Any, row: int, heads: Sequence[tuple[str, Any]], widths: Sequence[float]
) -> None:
    """Write the heads of the columns, and make the columns as wide as ``widths``."""
    write_row(sheet, row, heads)
    fit_height(sheet, row, zip((head for head, _ in heads), widths, strict=False))
    for column, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(column)].width = width


def fit_height(sheet: Any, row: int, cells: Iterable[tuple[str, float]]) -> None:
    """Make ``row`` as high as its tallest ``(text, column width)`` needs, as far as Excel goes."""
    lines = max(math.ceil(cell_len(text) / width) for text, width in cells)
    sheet.row_dimensions[row].height = min(max(lines, 1) * _LINE_HEIGHT + 4, MAX_HEIGHT)


def set_up(sheet: Any, header: int, last: int, *, filtered: int, printed: int) -> None:
    """Freeze the header, and give so many columns filters and so many a place on A4."""
    sheet.freeze_panes = f"A{header + 1}"
    sheet.auto_filter.ref = f"A{header}:{get_column_letter(filtered)}{last}"
    sheet.print_area = f"A1:{get_column_letter(printed)}{last}"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.orientation = sheet.ORIENTATION_LANDSCAPE
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_setup.fitToHeight = 0  # as many pages as it takes
    sheet.print_title_rows = f"{header}:{header}"
    inches = {"left": 0.4, "right": 0.4, "top": 0.5, "bottom": 0.6, "footer": 0.25}
    sheet.page_margins = PageMargins(**inches)
    sheet.oddFooter.center.text = "&P / &N"


def offer_labels(
    sheet: Any, column: int, last: int, hints: tuple[str, str, str], lang: Lang
) -> None:
    """Give ``column`` and the next two drop-downs for categories, role and level, with hints."""
    categories = [*(category.label(lang) for category in Category), say("report.none", lang)]
    roles = [role.label(lang) for role in Role]
    offers = zip((categories, roles, list(map(str, LEVELS))), hints, strict=True)
    for at, (choices, hint) in enumerate(offers, column):
        # several categories may be typed
        offer_choices(sheet, at, last, choices, hint, lang, strict=choices is not categories)


def offer_choices(
    sheet: Any,
    column: int,
    last: int,
    choices: Sequence[str],
    hint: str,
    lang: Lang,
    *,
    strict: bool = True,
) -> None:
    """Give the cells of ``column`` below the header a drop-down and a hint."""
    letter = get_column_letter(column)
    rule = DataValidation(
        type="list",
        formula1=f'"{",".join(choices)}"',
        allow_blank=True,
        showErrorMessage=strict,
        error=say("ledger.choose", lang),
        showInputMessage=True,
        prompt=say(hint, lang),
        sqref=f"{letter}2:{letter}{last}",
    )
    sheet.add_data_validation(rule)


def looks(sheet: Any) -> dict[str, Any]:
    """Return the looks of cells by name; contrast is 4.5 : 1 or more (WCAG 2.2, 1.4.3)."""
    line = Side(style="thin", color="BFC5CC")
    grid = Border(left=line, right=line, top=line, bottom=line)
    words = Alignment(vertical="top", wrap_text=True)
    number = Alignment(vertical="top", horizontal="center")
    middle = Alignment(vertical="center", horizontal="center", wrap_text=True)
    black, red, soft = Font(_FONT, _SIZE), Font(_FONT, _SIZE, color="B3261E"), "5B636D"
    in_grid: dict[str, Any] = {"border": grid, "font": black}
    head = {**in_grid, "font": Font(_FONT, _SIZE, bold=True, color="FFFFFF"), "alignment": middle}
    named: dict[str, dict[str, Any]] = {
        "title": {"font": Font(_FONT, 16, bold=True)},
        "plain": {"font": black},
        "alarm": {"font": Font(_FONT, _SIZE, bold=True, color="B3261E")},
        "text": {**in_grid, "alignment": words},
        "failed": {**in_grid, "alignment": words, "font": red},
        "entry": {**in_grid, "alignment": words, "fill": PatternFill("solid", "FFF8DC")},
        "count": {**in_grid, "alignment": number},
        "share": {**in_grid, "alignment": number, "number_format": "0.0%"},
        "score": {**in_grid, "alignment": number, "number_format": "0.00"},
        "key": {"font": Font(_FONT, _SIZE, color=soft)},
        "head": {**head, "fill": PatternFill("solid", "1F4E79")},
        "entry_head": {**head, "fill": PatternFill("solid", "7A4A00")},
        "score_head": {**head, "fill": PatternFill("solid", soft)},
    }
    return {name: _register(sheet, look) for name, look in named.items()}


def _register(sheet: Any, look: dict[str, Any]) -> Any:
    """Return ``look`` as openpyxl keeps it: setting it on every cell anew takes twice as long."""
    cell = sheet["A1"]
    for part, value in look.items():
        setattr(cell, part, value)
    style = copy(cell._style)
    cell.style = "Normal"
    return style
