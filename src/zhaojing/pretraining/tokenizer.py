"""Learn the vocabulary: every Chinese character one token, digits and Latin in short pieces.

One character one offset, so that evidence maps straight back to the document. The text is
normalised before (:mod:`zhaojing.normalize`), so the tokenizer itself only splits.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Iterable
from typing import Any

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
PAD, UNKNOWN, CLS, SEP, MASK = range(len(SPECIAL))
_WORDS = 512  # years, small numbers and Latin words that are one token
_WORD = re.compile(r"[a-z0-9]{2,}")
_CONTINUED = [f"##{char}" for char in string.digits + string.ascii_lowercase]


def learn_tokenizer(lines: Iterable[str], size: int) -> PreTrainedTokenizerFast:
    """Return a tokenizer of at most ``size`` entries learnt from normalised ``lines``.

    Equal text gives an equal vocabulary, which the library's own trainer does not promise.
    """
    characters, words = Counter[str](), Counter[str]()
    for line in lines:
        folded = line.lower()
        characters.update(folded)
        words.update(_WORD.findall(folded))
    del characters[" "]
    fixed = len(SPECIAL) + len(_CONTINUED)
    frequent = _most_frequent(words, min(_WORDS, (size - fixed) // 8))
    single = _most_frequent(characters, size - fixed - len(frequent))
    entries = [*SPECIAL, *single, *_CONTINUED, *frequent]
    ids = {entry: i for i, entry in enumerate(entries)}
    core = Tokenizer(models.WordPiece(ids, unk_token=SPECIAL[UNKNOWN]))
    core.normalizer = normalizers.BertNormalizer(
        clean_text=True, handle_chinese_chars=True, strip_accents=False, lowercase=True
    )
    # signs apart as well, or a number before ℃ would be unknown together with it
    signs = pre_tokenizers.Split(Regex(r"[^a-z0-9]"), "isolated")
    core.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.BertPreTokenizer(), signs])
    core.decoder = decoders.WordPiece()
    core.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", CLS), ("[SEP]", SEP)],
    )
    names = ("pad_token", "unk_token", "cls_token", "sep_token", "mask_token")
    wrapper: Any = PreTrainedTokenizerFast  # untyped
    return wrapper(  # type: ignore[no-any-return]
        tokenizer_object=core,
        model_input_names=["input_ids", "attention_mask"],
        **dict(zip(names, SPECIAL, strict=True)),
    )


def _most_frequent(counts: Counter[str], limit: int) -> list[str]:
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [entry for entry, _ in ranked[:limit]]
