"""Verifies an audit ledger with the standard library alone, sharing no code with the package it checks."""

import argparse
import base64
import datetime
import functools
import hashlib
import json
import math
import os
import re
import sys

ZEROS = "0" * 64
MOST_RECORD_BYTES = 65535
MOST_DEPTH = 256
FRAME = re.compile(rb'\{"hash":"([0-9a-f]{64})","record":(.+)\}', re.DOTALL)
SEGMENT = re.compile(r"(\d{20})(?:-(\d{20}))?\.jsonl")
CHECKPOINT = re.compile(r"(\d{20})\.(note|unsigned)")
LARGEST = 2**53 - 1


class NotCanonical(Exception):
    pass


# --- canonical JSON (RFC 8785) ---------------------------------------------------------------------------------------


def number_text(value):
    """Writes a number as ECMAScript does: shortest digits, exponent from 1e21 and below 1e-6."""
    if math.isinf(value) or math.isnan(value):
        raise NotCanonical
    if value == 0:
        return "0"
    if value == int(value) and LARGEST < abs(value) < 1e21:
        raise NotCanonical
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    if fraction == "0":
        fraction = ""
    digits = (whole + fraction).lstrip("0")
    # The decimal point stands behind this many of the digits.
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    if len(digits) <= point <= 21:
        return sign + digits + "0" * (point - len(digits))
    if 0 < point <= 21:
        return sign + digits[:point] + "." + digits[point:]
    if -6 < point <= 0:
        return sign + "0." + "0" * -point + digits
    power = point - 1
    tail = "." + digits[1:] if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{tail}e{'+' if power > 0 else '-'}{abs(power)}"


SHORT = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def string_text(text):
    if any(0xD800 <= ord(char) <= 0xDFFF for char in text):
        raise NotCanonical
    return '"' + "".join(SHORT.get(c) or (c if c >= " " else f"\\u{ord(c):04x}") for c in text) + '"'


def canonical(value, depth=0):
    if value is None or value is True or value is False:
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, str):
        return string_text(value)
    if depth == MOST_DEPTH:
        raise NotCanonical
    if isinstance(value, list):
        return "[" + ",".join(canonical(item, depth + 1) for item in value) + "]"
    keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
    return "{" + ",".join(string_text(k) + ":" + canonical(value[k], depth + 1) for k in keys) + "}"


def unique(pairs):
    if len({key for key, _ in pairs}) < len(pairs):
        raise NotCanonical
    return dict(pairs)


def no_constant(name):
    raise ValueError(name)


def parse(text):
    """Reads canonical JSON; ValueError when it is no JSON, NotCanonical when it is spelled otherwise."""
    try:
        value = json.loads(text, parse_int=float, object_pairs_hook=unique, parse_constant=no_constant)
        if canonical(value) != text:
            raise NotCanonical
    except RecursionError:
        raise NotCanonical
    return value


# --- one line --------------------------------------------------------------------------------------------------------


def is_hex(value, length):
    return isinstance(value, str) and re.fullmatch(f"[0-9a-f]{{{length}}}", value) is not None


def is_count(value):
    return isinstance(value, float) and value == int(value) and 0 <= value <= LARGEST


def is_text(value):
    return isinstance(value, str) and value != ""


def is_time(value):
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}(:[0-9]{2}){2}\.[0-9]{3}Z", value):
        return False
    try:
        # The calendar repeats after 400 years; Python knows no year 0.
        year = int(value[:4]) % 400 + 2000
        datetime.datetime.strptime(f"{year}{value[4:23]}", "%Y-%m-%dT%H:%M:%S.%f")
    except ValueError:
        return False
    return True


def is_run_id(value):
    return isinstance(value, str) and re.fullmatch("[A-Za-z0-9_-]+", value) is not None


def is_uri(value):
    if not isinstance(value, str) or "\\" in value or "\0" in value:
        return False
    root, *parts = value.split("/")
    if any(part in ("", ".", "..") for part in parts):
        return False
    return (root == "runs" and len(parts) >= 2 and is_run_id(parts[0])) or (root == "lakehouse" and len(parts) >= 1)


def is_ref(ref):
    return (
        isinstance(ref, dict)
        and set(ref) - {"mediaType"} == {"name", "uri", "digest", "size"}
        and is_text(ref["name"])
        and is_uri(ref["uri"])
        and isinstance(ref["digest"], dict)
        and set(ref["digest"]) == {"sha256"}
        and is_hex(ref["digest"]["sha256"], 64)
        and is_count(ref["size"])
        and isinstance(ref.get("mediaType", ""), str)
    )


def is_record(record):
    if not isinstance(record, dict):
        return False
    if set(record) - {"run_id", "refs"} != {"v", "seq", "prev", "id", "ts", "type", "body", "actor"}:
        return False
    actor, refs = record["actor"], record.get("refs", [])
    return (
        record["v"] == 1.0
        and record["v"] is not True
        and is_count(record["seq"])
        and is_hex(record["prev"], 64)
        and is_hex(record["id"], 32)
        and is_time(record["ts"])
        and is_text(record["type"])
        and isinstance(record["body"], dict)
        and isinstance(actor, dict)
        and set(actor) == {"kind", "id"}
        and actor["kind"] in ("human", "service", "ci")
        and is_text(actor["id"])
        and is_run_id(record.get("run_id", "r"))
        and isinstance(refs, list)
        and all(is_ref(ref) for ref in refs)
    )


def check_line(line):
    """Gives (code, hash, record); the code is None for a sound line."""
    match = FRAME.fullmatch(line)
    if match is None:
        return "bad_line", None, None
    stated, raw = match.group(1).decode(), match.group(2)
    if len(raw) > MOST_RECORD_BYTES:
        return "record_too_large", None, None
    if hashlib.sha256(b"\0" + raw).hexdigest() != stated:
        return "hash_mismatch", None, None
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return "bad_utf8", None, None
    try:
        record = parse(text)
    except NotCanonical:
        return "not_canonical", None, None
    except ValueError:
        return "bad_line", None, None
    return (None, stated, record) if is_record(record) else ("bad_line", None, None)


def is_genesis(record):
    body = record["body"]
    return (
        record["type"] == "genesis"
        and isinstance(body.get("ledger_id"), str)
        and is_text(body.get("origin"))
        and body.get("hash_alg") == "rfc6962-leaf-sha256"
        and isinstance(body.get("env"), dict)
    )


# --- signed notes (C2SP), Ed25519 (RFC 8032) -------------------------------------------------------------------------

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def point_of(raw):
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P != 0:
        x = x * ROOT % P
    if (x * x - square) % P != 0 or (x == 0 and sign):
        return None
    x = P - x if x % 2 != sign else x
    return x, y, 1, x * y % P


def add(left, right):
    """Adds points in extended coordinates (X, Y, Z, XY / Z): no division on the way."""
    (a, b, c, d), (e, f, g, h) = left, right
    less, more = (b - a) * (f - e) % P, (b + a) * (f + e) % P
    both, scale = 2 * d * h * D % P, 2 * c * g % P
    e, f, g, h = more - less, scale - both, scale + both, more + less
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(scalar, point):
    result = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point = add(point, point)
        scalar >>= 1
    return result


BASE = point_of((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


@functools.lru_cache
def is_signed(key, message, signature):
    public, commitment = point_of(key), point_of(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if public is None or commitment is None or scalar >= ORDER:
        return False
    digest = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % ORDER
    (a, b, c, _), (d, e, f, _) = times(scalar, BASE), add(commitment, times(digest, public))
    return (a * f - d * c) % P == 0 and (b * f - e * c) % P == 0


def read_key(text):
    name, key_id, encoded = text.strip().split("+", 2)
    raw = base64.b64decode(encoded, validate=True)
    expected = hashlib.sha256(name.encode() + b"\n" + raw).hexdigest()[:8]
    if raw[0] != 1 or len(raw) != 33 or expected != key_id:
        raise ValueError("no verifier key")
    return name, bytes.fromhex(key_id), raw[1:]


def read_checkpoint(text, keys):
    """Gives origin, size, hash and the states of its signatures; ValueError when it is no checkpoint."""
    states = []
    if "\n\n" in text:
        text, _, rest = text.rpartition("\n\n")
        text += "\n"
        if not rest.endswith("\n") or rest == "\n":
            raise ValueError("no signatures")
        for line in rest[:-1].split("\n"):
            match = re.fullmatch(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})", line)
            if match is None:
                raise ValueError("no signature")
            raw = base64.b64decode(match.group(2), validate=True)
            if len(raw) < 5 or base64.b64encode(raw).decode() != match.group(2):
                raise ValueError("no signature")
            key = next((k for n, i, k in keys if n == match.group(1) and i == raw[:4]), None)
            if key is None:
                states.append("unknown")
            else:
                ok = len(raw) == 68 and is_signed(key, text.encode(), raw[4:])
                states.append("valid" if ok else "invalid")
    match = re.fullmatch(r"([^\r\n]+)\n([1-9][0-9]*)\n([0-9a-f]{64})\n", text)
    if match is None or int(match.group(2)) > LARGEST:
        raise ValueError("no checkpoint")
    return match.group(1), int(match.group(2)), match.group(3), states


# --- the chain -------------------------------------------------------------------------------------------------------


class Verifier:
    def __init__(self, folder, checkpoints, keys):
        self.folder, self.findings = folder, []
        self.next, self.junk, self.hash, self.ts = 0, 0, ZEROS, ""
        self.origin, self.seen, self.pins, self.matched = None, {}, [], None
        keys = [read_key(key) for key in keys]
        for index, text in enumerate(checkpoints):
            self.pin(f"given checkpoint {index + 1}", text, keys, True)
        for name in self.list("checkpoints"):
            match = CHECKPOINT.fullmatch(name[len("checkpoints/") :])
            try:
                if match is None or not 0 < int(match.group(1)) <= LARGEST:
                    raise ValueError("no name of a checkpoint")
                self.pin(name, self.read(name).decode("utf-8"), keys, False, int(match.group(1)))
            except ValueError:
                pass  # unreadable: a matter of completeness
        self.pins.sort(key=lambda pin: pin[0])

    def list(self, folder):
        path = os.path.join(self.folder, folder)
        names = os.listdir(path) if os.path.isdir(path) else []
        return sorted(f"{folder}/{name}" for name in names if not name.startswith("."))

    def read(self, name):
        with open(os.path.join(self.folder, name), "rb") as file:
            return file.read()

    def pin(self, name, text, keys, given, size=None):
        origin, stated, entry, states = read_checkpoint(text, keys)
        if size is not None and size != stated:
            raise ValueError("another size")
        if "invalid" in states or (given and keys and "valid" not in states):
            self.report("bad_signature", stated - 1, subject=name)
        self.pins.append((stated, entry, origin, name))

    def report(self, code, seq, segment=None, line=None, offset=None, subject=None):
        finding = {"code": code, "seq": seq, "segment": segment, "line": line, "offset": offset}
        if subject is not None:
            finding["subject"] = subject
        self.findings.append(finding)

    def run(self):
        names = self.list("ledger")
        parsed = []
        for name in names:
            match = SEGMENT.fullmatch(name[len("ledger/") :])
            first = int(match.group(1)) if match else -1
            last = int(match.group(2)) if match and match.group(2) else None
            good = match and first <= LARGEST and (last is None or first <= last <= LARGEST)
            parsed.append((name, first, last) if good else (name, None, None))
        starts = sorted({first for _, first, _ in parsed if first is not None})
        for name, first, last in parsed:
            if first is None:
                self.report("bad_segment", self.next + self.junk, name, 1, 0)
                continue
            behind = [start for start in starts if start > first]
            limit = last + 1 if last is not None else (behind[0] if behind else math.inf)
            self.segment(name, first, last, limit, self.read(name))
        size = self.next + self.junk
        for stated, _, _, name in self.pins:
            if stated > size:
                self.report("tail_missing", size, subject=name)
        return size

    def segment(self, name, first, last, limit, data):
        lines = data.split(b"\n")
        rest = lines.pop()
        spans, offset = [], 0
        for line in lines:
            spans.append((line, offset, True))
            offset += len(line) + 1
        if rest:
            spans.append((rest, offset, False))

        place, copy_hash = first, None  # place: only in a copy of what was read before
        if first >= self.next:
            if first > self.next + self.junk:
                self.report("seq_gap", self.next + self.junk, name, 1, 0)
            if first > self.next:
                self.hash = None
            self.next, self.junk, self.seen = first, 0, {}
            place = None
        if not spans:
            self.report("bad_segment", first, name, 1, 0)
            if place is None:
                self.junk += 1

        for number, (line, at, ended) in enumerate(spans, 1):
            copying = place is not None and place < self.next
            expected = place if copying else self.next + self.junk
            if last is not None and expected > last:
                self.report("bad_segment", expected, name, number, at)
                return
            code, digest, record = check_line(line)
            if not ended:
                self.report("bad_segment", expected, name, number, at)
            if copying:
                place += 1
                if code is not None and not ended:
                    continue
                same = (
                    code is None
                    and record["seq"] == expected
                    and self.seen.get(expected, digest) == digest
                    and copy_hash in (None, record["prev"])
                )
                if not same:
                    self.report("fork", expected, name, number, at)
                copy_hash = digest if same else None
                if same:
                    self.seen[expected] = digest
            elif code is not None:
                if ended:
                    self.report(code, expected, name, number, at)
                self.junk += 1
            else:
                self.entry(digest, record, expected, limit, name, number, at)

        if last is not None:
            reached = place if place is not None and place < self.next else self.next + self.junk
            if reached <= last:
                if spans:
                    self.report("bad_segment", reached, name, len(spans) + 1, len(data))
                if last >= self.next:
                    self.next, self.junk, self.hash = last + 1, 0, None

    def entry(self, digest, record, expected, limit, name, number, at):
        seq = int(record["seq"])
        if number == 1 and seq != expected:
            self.report("bad_segment", expected, name, number, at)
            self.junk += 1
            return
        if seq < self.next or seq > expected:
            self.report("seq_gap", expected, name, number, at)
            if seq < self.next:
                return
            if seq >= limit:
                self.junk += 1
                return
        if seq == self.next and self.hash is not None and record["prev"] != self.hash:
            self.report("prev_mismatch", seq, name, number, at)
        if record["ts"] < self.ts:
            self.report("time_backwards", seq, name, number, at)
        if (seq == 0 or record["type"] == "genesis") and not (seq == 0 and is_genesis(record)):
            self.report("bad_genesis", seq, name, number, at)
        self.next, self.junk, self.hash, self.ts = seq + 1, 0, digest, record["ts"]
        self.seen[seq] = digest
        if seq == 0 and isinstance(record["body"].get("origin"), str):
            self.origin = record["body"]["origin"]
        for stated, entry, origin, pin in self.pins:
            if stated == seq + 1:
                if entry != digest or self.origin not in (None, origin):
                    self.report("checkpoint_mismatch", seq, name, number, at, pin)
                else:
                    self.matched = stated


def verify(folder, checkpoints, keys):
    verifier = Verifier(folder, checkpoints, keys)
    size = verifier.run()
    findings = verifier.findings
    return {
        "origin": verifier.origin,
        "size": size,
        "last_hash": verifier.hash if size and not verifier.junk else None,
        "first_bad_seq": min((finding["seq"] for finding in findings), default=None),
        "integrity": {
            "status": "violated" if findings else "ok",
            "count": len(findings),
            "findings": findings[:1000],
        },
        "pinned": verifier.matched,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", help="the audit folder; - reads cases as JSON lines")
    parser.add_argument("--checkpoint", action="append", default=[], metavar="FILE")
    parser.add_argument("--vkey", action="append", default=[], metavar="KEY")
    given = parser.parse_args()
    if given.folder == "-":
        for line in sys.stdin:
            case = json.loads(line)
            print(json.dumps(verify(case["folder"], case["checkpoints"], case["keys"])))
        return 0
    checkpoints = []
    for path in given.checkpoint:
        with open(path, encoding="utf-8", newline="") as file:
            checkpoints.append(file.read())
    report = verify(given.folder, checkpoints, given.vkey)
    print(json.dumps(report, indent=2))
    if report["integrity"]["count"]:
        return 3
    return 0 if report["size"] else 5


if __name__ == "__main__":
    sys.exit(main())
