"""Prints how Python writes tuples of texts, and which code points it escapes: FILE with a list of [symbol, feature]."""

import json
import sys
import unicodedata

from answer import answer

with open(sys.argv[1], encoding="utf-8") as file:
    pairs = json.load(file)

# `-`: unassigned in this Python's Unicode, where a newer one may differ.
flags = "".join(
    "-" if unicodedata.category(chr(point)) == "Cn" else "1" if chr(point).isprintable() else "0"
    for point in range(0x110000)
)
answer({"names": [repr(tuple(pair)) for pair in pairs], "flags": flags})
