"""Make the font of the plots again: ``python scripts/subset_font.py``.

Noto Sans CJK SC (SIL Open Font License 1.1; Debian and Ubuntu: ``fonts-noto-cjk``), cut down to
the characters that a plot can show, so that its labels are seen where no Chinese font is installed.
It needs fonttools, which comes with the extra ``evaluate``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTCollection

from zhaojing.evaluation.plots import FONT, FONT_FAMILY, characters

_SOURCE = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
_FAMILY = "Noto Sans CJK SC"
_NAMES = {1: FONT_FAMILY, 3: FONT_FAMILY, 4: FONT_FAMILY, 6: FONT_FAMILY.replace(" ", "")}
_KEPT_NAMES = (0, 1, 2, 3, 4, 5, 6, 7, 13, 14)  # copyright, trademark and licence among them


def main() -> None:
    """Write the font."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=Path, default=_SOURCE)
    parser.add_argument("--output", type=Path, default=FONT)
    options = parser.parse_args()
    fonts = TTCollection(options.source).fonts
    font = next(font for font in fonts if font["name"].getDebugName(1) == _FAMILY)
    font.recalcTimestamp = False  # the same source gives the same bytes
    wanted = subset.Options(layout_features=["kern"], name_IDs=list(_KEPT_NAMES), hinting=False)
    cutter = subset.Subsetter(wanted)
    cutter.populate(text="".join(sorted(characters())))
    cutter.subset(font)
    # a name of its own: an installed Noto Sans CJK SC must not take its place
    for record in font["name"].names:
        record.string = _NAMES.get(record.nameID, str(record))
    font["CFF "].cff.fontNames[0] = _NAMES[6]
    font.save(options.output)


if __name__ == "__main__":
    main()
