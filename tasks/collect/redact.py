"""Which personal data is taken out before anything is stored? E-mail addresses, phone and card numbers, keys.

Each becomes a pseudonym that is the same wherever the same value stands, so that an address in a request and in its
answer still agree. It is a keyed hash: without the workspace's `redaction.key` nobody can guess a value and check it.

Text is read as it stands in JSON, escapes included and at any depth (a tool's result is JSON inside JSON), and stays
valid JSON. What this does not see: names, street addresses, and a number without any mark of a phone (no +, no
grouping, no word like `phone` before it), since order numbers look the same.
"""

import hashlib
import os
import re
import secrets
from collections.abc import Callable
from pathlib import Path

import polars as pl

from tasks.domain.errors import WrongInput

KEY_FILE = "redaction.key"
KEY_BYTES = 32

_START = r"(?:(?<![\w/#+.-])|(?<=\\[nrtbf]))"
"""Where a value may start: not inside a word, an id or a path; the letter of an escape like \n is no word."""
_END = r"(?!\w|[.-]\d)"
_TOKENS = r"""
    sk-[A-Za-z0-9_-]{16,} | (?:sk|rk|pk|whsec)_(?:live_|test_)?[A-Za-z0-9]{16,} | (?:AKIA|ASIA)[A-Z0-9]{16}
  | gh[pousr]_[A-Za-z0-9]{20,} | github_pat_[A-Za-z0-9_]{20,} | glpat-[A-Za-z0-9_-]{16,}
  | xox[abeoprs]-[A-Za-z0-9-]{10,}
  | shp(?:at|ca|pa|ss|ua)_[A-Fa-f0-9]{16,} | AIza[A-Za-z0-9_-]{30,} | hf_[A-Za-z0-9]{20,} | npm_[A-Za-z0-9]{30,}
  | eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+
"""
_PHONE = r"""
    \+(?!999)[1-9]\d{7,14}
  | \+(?!999)[1-9]\d{0,2}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d{2,5}(?:[ .-]\d{2,5}){1,4}
  | (?:1[ .-])?(?:\([2-9]\d\d\)[ ]?|[2-9]\d\d[ .-])[2-9]\d\d[ .-]\d{4}
  | \(?0\d{2,4}\)?[ /-]\d{3,8}(?:[ -]\d{3,4})?
  | 0[1-9](?:[ .-]\d\d){4}
"""
_CARDS = re.compile(
    r"4\d{15}(?:\d{3})?|5[1-5]\d{14}|2(?:2[2-9]|[3-6]\d|7[01])\d{13}|3[47]\d{13}"
    r"|6(?:011|5\d\d|4[4-9]\d)\d{12}|35\d{14}"
)
_GROUPED_CARDS = re.compile(r"3(?:0[0-5]|[68]\d)\d{11}")
"""Fourteen digits in a row are more often an id than one of these."""
_ESCAPE = r"(?P<escape>\\+(?:u[0-9a-fA-F]{4}|.))"
_EMAIL = re.compile(
    rf"{_ESCAPE}|(?:(?<![\w.+%-])|(?<=\\[nrtbf]))[\w.+%-]+@(?!redacted\.example)(?:[\w-]+\.)+[A-Za-z]{{2,24}}(?!\w)",
    re.DOTALL,
)
_PRIVATE = re.compile(
    rf"""
    {_ESCAPE}
  | (?P<pem>-----BEGIN[ ][A-Z ]*PRIVATE[ ]KEY-----.*?(?:-----END[ ][A-Z ]*PRIVATE[ ]KEY-----|(?=")|\Z))
  | {_START}(?:
        (?P<token>{_TOKENS})
      | (?P<bearer>[Bb]earer[ ]+)(?P<bearer_value>(?!redacted-)[A-Za-z0-9._~+/=-]{{12,}})
      | (?P<card>(?:\d{{14,19}}|\d{{4}}(?:[ -]\d{{4}}){{2}}[ -]\d{{2,7}}|\d{{4}}[ -]\d{{6}}[ -]\d{{4,5}}){_END})
      | (?P<phone>(?:{_PHONE}){_END})
    )
  | (?P<said>(?:{_START}|(?<=_))(?i:telephone|cellphone|phone|mobile|cell|whatsapp|fax|tel)
      (?:[ _]?(?:number|no|nr))?\.?(?:[ ]is)?[\s"'\\:=]*)(?P<said_number>(?!999)\d{{9,15}}{_END})
  | (?P<named>(?i:api[_-]?key|secret[_-]?key|access[_-]?token|auth[_-]?token|client[_-]?secret|password)
      [\\"']*[ ]?[:=][ ]?[\\"']*)(?P<named_value>(?!redacted-)(?=[^\s"'\\,;]{{0,99}}[0-9])[^\s"'\\,;]{{8,200}})
  | (?P<login>(?<=://)(?!redacted-)[^\s/:@"'\\]+:[^\s/:@"'\\]+(?=@))
    """,
    re.VERBOSE | re.DOTALL,
)
_SUSPECTS = (
    r"-----BEGIN|sk-|[srp]k_|whsec_|AKIA|ASIA|gh[pousr]_|github_pat_|glpat-|xox|shp(at|ca|pa|ss|ua)_|AIza|hf_|npm_|eyJ"
    r"|[Bb]earer |(?i:api[_-]?key|secret[_-]?key|access[_-]?token|auth[_-]?token|client[_-]?secret|password)|:[^/ ]*@"
    r"|(?i:phone|mobile|cell|whatsapp|fax|tel)\D{0,30}\d{9}|\d{14}|\d{4}[ -]\d{4}[ -]\d{4}|\d{4}[ -]\d{6}[ -]\d{4}"
    r"|\+\d[\d ().-]{6}|\d{3}\)?[ .-]?\d{3}[ .-]\d{4}|0\d{2,4}\)?[ /-]\d{3}|0\d([ .-]\d\d){4}"
)
"""What a text must hold before it is worth the closer look; one pattern that runs over a whole column at once."""


def redacted(texts: pl.Series, key: bytes) -> pl.Series:
    """The column with pseudonyms in the place of personal data. Only texts that may hold some are looked at closely."""
    texts = _changed(texts, texts.str.contains(_SUSPECTS), lambda text: _without_numbers_and_keys(text, key))
    return _changed(texts, texts.str.contains("@", literal=True), lambda text: _without_emails(text, key))


def redacted_text(text: str, key: bytes) -> str:
    """One text with pseudonyms."""
    return _without_emails(_without_numbers_and_keys(text, key), key)


def _changed(texts: pl.Series, suspects: pl.Series, change: Callable[[str], str]) -> pl.Series:
    places = suspects.fill_null(value=False).arg_true()
    return texts.scatter(places, [change(text) for text in texts.gather(places)]) if places.len() else texts


def _without_emails(text: str, key: bytes) -> str:
    def replacement(match: re.Match[str]) -> str:
        return match[0] if match["escape"] else f"user-{_digest(match[0].lower(), key)[:12]}@redacted.example"

    return _EMAIL.sub(replacement, text)


def _without_numbers_and_keys(text: str, key: bytes) -> str:
    """A number that was once seen to be a phone is replaced wherever the text repeats it."""
    phones: set[str] = set()

    def replacement(match: re.Match[str]) -> str:
        found = match[0]
        match match.lastgroup:
            case "pem" | "token":
                return _key_name(found, key)
            case "login":
                return f"{_key_name(found, key)}:"
            case "bearer_value" | "named_value":
                value = match[match.lastgroup]
                return found.removesuffix(value) + _key_name(value, key)
            case "card" if _is_card(found):
                return _digits(re.sub(r"\D", "", found), key, start="9999", length=16)
            case "said_number":
                value = match["said_number"]
                phones.add(value)
                return found.removesuffix(value) + _phone(value, key)
            case "phone" if (8 if found.startswith("+") else 10) <= sum(map(str.isdigit, found)) <= 15:
                phones.add(found)
                return _phone(found, key)
        return found

    text = _PRIVATE.sub(replacement, text)
    for phone in sorted(phones, key=lambda each: (-len(each), each)):
        text = re.sub(_START + re.escape(phone) + _END, _phone(phone, key), text)
    return text


def redaction_key(folder: Path) -> bytes:
    """The workspace's own key, made once and readable by its owner alone. Raises WrongInput where it is damaged."""
    path = folder / KEY_FILE
    if not path.exists():
        unfinished = path.with_suffix(f".{os.getpid()}.tmp")
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
        try:
            os.link(unfinished, path)  # fails where another process was first, and its key stands
        except FileExistsError:
            pass
        finally:
            unfinished.unlink()
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        fix = "Put back the file as it was, or remove it: all pseudonyms change with a new one."
        raise WrongInput(f"the key has {len(key)} bytes, not {KEY_BYTES}", file=str(path), fix=fix)
    return key


def _is_card(found: str) -> bool:
    """A card of a known brand's length and prefix, whose check digit is right (Luhn)."""
    digits = re.sub(r"\D", "", found)
    if not (_CARDS.fullmatch(digits) or (digits != found and _GROUPED_CARDS.fullmatch(digits))):
        return False
    doubled = (int(digit) * 2 for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(value - 9 if value > 9 else value for value in doubled)) % 10 == 0


def _phone(found: str, key: bytes) -> str:
    """A number under +999, which no country has. The last nine digits identify the subscriber, however written."""
    plus = "+" if found.startswith("+") else ""
    return plus + _digits(re.sub(r"\D", "", found)[-9:], key, start="999", length=11)


def _key_name(found: str, key: bytes) -> str:
    return f"redacted-key-{_digest(found, key)[:12]}"


def _digits(value: str, key: bytes, *, start: str, length: int) -> str:
    room = length - len(start)
    return f"{start}{int(_digest(value, key), 16) % 10**room:0{room}d}"


def _digest(value: str, key: bytes) -> str:
    return hashlib.blake2b(value.encode("utf-8", "surrogatepass"), key=key, digest_size=16).hexdigest()
