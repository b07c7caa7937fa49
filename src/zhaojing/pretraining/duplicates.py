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
_BANDS = 16  # of 4 rows each: of the pairs at SIMILAR, all but 1 in 5,000 are candidates
_GRAM = 5
_LONG = 20_000  # characters of a document that are compared
_FREE = 16  # characters below which a paragraph may recur: headings, salutations
_VARIABLE = re.compile(r"[\W\d_]+")


class Seen:
    """What earlier sources held."""

    def __init__(self) -> None:
        self._paragraphs: set[bytes] = set()
        self._index = RMinHashLSH(threshold=SIMILAR, num_perm=_PERMUTATIONS, num_bands=_BANDS)
        self._documents: list[RMinHash] = []

    def remove_from(self, source: Source) -> tuple[int, int]:
        """Drop what was seen before; return how many paragraphs and documents went."""
        paragraphs = 0
        kept = []
        before = len(source.documents)
        for document in source.documents:
            fresh: dict[bytes, str] = {}
            for number, line in enumerate(document):
                plain = _VARIABLE.sub("", line)
                short = len(plain) < _FREE
                key = str(number).encode() if short else _hash(plain)
                if key in fresh or (not short and key in self._paragraphs):
                    paragraphs += 1
                else:
                    fresh[key] = line
            if fresh and self._is_new_document("".join(fresh.values())):
                # of a document that goes, a later one may still bring what is its own
                self._paragraphs.update(fresh)
                kept.append(list(fresh.values()))
        source.documents = kept
        return paragraphs, before - len(kept)

    def _is_new_document(self, text: str) -> bool:
        plain = _VARIABLE.sub("", text[:_LONG])
        digest = RMinHash(num_perm=_PERMUTATIONS, seed=1)
        digest.update([plain[i : i + _GRAM] for i in range(max(1, len(plain) - _GRAM + 1))])
        # the index names candidates, a third of them less alike than SIMILAR
        if any(digest.jaccard(self._documents[i]) >= SIMILAR for i in self._index.query(digest)):
            return False
        self._index.insert(len(self._documents), digest)
        self._documents.append(digest)
        return True


def _hash(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=8).digest()
