"""What was decided before a screening, in words."""

from __future__ import annotations

from collections.abc import Sequence

from zhaojing.labels import CATEGORIES, Category
from zhaojing.messages import Lang, say
from zhaojing.mode import MODES
from zhaojing.policy import PRAISE

Setting = tuple[str, str, str]  # name, value, reason or origin, as Policy.explain gives them

_OFF = "–"  # the value of a category that is not looked for
_NAMES = {"mode": "policy.mode", "allow": "policy.allow", "fixed_wording": "policy.fixed_wording"}
_MODES = {
    "cautious": "policy.cautious",
    "balanced": "policy.balanced",
    "sensitive": "policy.sensitive",
}
_OWN = "[thresholds]"


def switched_off(policy: Sequence[Setting]) -> dict[str, str]:
    """Return the categories that are not looked for, each with the reason."""
    return {name: why for name, value, why in policy if name in CATEGORIES and value == _OFF}


def in_words(policy: Sequence[Setting], lang: Lang) -> list[Setting]:
    """Return the settings as a person reads them."""
    return [_in_words(setting, lang) for setting in policy]


def _in_words(setting: Setting, lang: Lang) -> Setting:
    name, value, reason = setting
    if name in (*CATEGORIES, PRAISE):
        praise = name == PRAISE
        label = say("report.embellishment", lang) if praise else Category(name).label(lang)
        origin = {_OWN: say("policy.own", lang)} | dict.fromkeys(
            MODES, say("policy.of_model", lang)
        )
        if value == _OFF:
            return label, say("policy.off", lang), reason
        return say("policy.threshold", lang, name=label), value, origin.get(reason, reason)
    if name == "mode":
        value = say(_MODES[value], lang)
    return say(_NAMES[name], lang), value, reason
