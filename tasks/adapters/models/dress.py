"""What does a text say under its dress: marks over letters, letters that look like others, and common encodings?"""

import base64
import binascii
import html
import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import unquote

_RUN = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")
_BYTE = re.compile(r"\\x([0-9a-fA-F]{2})")
_LOOKS = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0455\u0458\u0432\u0442\u043c\u043d\u043a\u0501"
    "\u03b1\u03b5\u03bf\u03c1\u03b9\u03ba\u03bd\u03c4\u0131",
    "aeopcyxisjvtmhkd" + "aeopikvti",
)


def bare(text: str) -> str:
    """The letters without marks and without dress, and none that show nothing."""
    if text.isascii():
        return text
    return _unmarked(unicodedata.normalize("NFKD", _unmarked(text)))


def look_alikes(text: str) -> str:
    """Letters of other alphabets as the Latin ones that they are taken for."""
    return text if text.isascii() else text.translate(_LOOKS)


def decodings(text: str) -> tuple[str, ...]:
    """What is written in it in entities, percent signs, escaped bytes, base64 or hexadecimal digits."""
    bytes_read = _BYTE.sub(lambda byte: chr(int(byte[1], 16)), text)
    told = (html.unescape(text), unquote(text), bytes_read, " ".join(_runs(text)))
    return tuple(each for each in dict.fromkeys(told) if each and each != text)


def _runs(text: str) -> Iterator[str]:
    for run in _RUN.findall(text):
        body = run.rstrip("=")
        for read in (bytes.fromhex, _base64):
            try:
                yield read(body).decode("utf-8")
            except (ValueError, binascii.Error):
                continue


def _base64(body: str) -> bytes:
    return base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_" if {"-", "_"} & set(body) else None)


def _unmarked(text: str) -> str:
    return "".join(letter for letter in text if unicodedata.category(letter) not in ("Cf", "Mn"))
