"""Remove repetition: paragraphs that occur twice, documents that nearly do.

Official boilerplate would otherwise dominate (Lee et al. 2022, arXiv:2107.06499). Numbers do not
make a paragraph new. Documents are compared by MinHash (Broder 1997) with locality-sensitive
hashing; of a cluster the first stays.
"""

from __future__ import annotations

import re
from hashlib import blake2b

from rensa import RMinHash, RMinHashLSH

from zhaojing.pretraining.sources import Source

SIMILAR = 0.8  # estimated Jaccard similarity of character 5-grams
_PERMUTATIONS = 64
_BANDS = 8  # of 8 rows each: half of the pairs at 0.77 are found, nearly all above 0.85
_GRAM = 5
_LONG = 20_000  # characters of a document that are compared
_FREE = 16  # characters below which a paragraph may recur: headings, salutations
_VARIABLE = re.compile(r"[\W\d_]+")


class Seen:
    """What earlier sources held; call it with one source after the other."""

    def __init__(self) -> None:
        self._paragraphs: set[bytes] = set()
        self._index = RMinHashLSH(threshold=SIMILAR, num_perm=_PERMUTATIONS, num_bands=_BANDS)
        self._documents = 0

    def remove_from(self, source: Source) -> tuple[int, int]:
        """Drop what was seen before; return how many paragraphs and documents went."""
        paragraphs = 0
        kept = []
        before = len(source.documents)
        for document in source.documents:
            fresh = [line for line in document if self._is_new_paragraph(line)]
            paragraphs += len(document) - len(fresh)
            if fresh and self._is_new_document("".join(fresh)):
                kept.append(fresh)
        source.documents = kept
        return paragraphs, before - len(kept)

    def _is_new_paragraph(self, line: str) -> bool:
        plain = _VARIABLE.sub("", line)
        if len(plain) < _FREE:
            return True
        key = blake2b(plain.encode(), digest_size=8).digest()
        if key in self._paragraphs:
            return False
        self._paragraphs.add(key)
        return True

    def _is_new_document(self, text: str) -> bool:
        plain = _VARIABLE.sub("", text[:_LONG])
        digest = RMinHash(num_perm=_PERMUTATIONS, seed=1)
        digest.update([plain[i : i + _GRAM] for i in range(max(1, len(plain) - _GRAM + 1))])
        if self._index.query(digest):
            return False
        self._index.insert(self._documents, digest)
        self._documents += 1
        return True
