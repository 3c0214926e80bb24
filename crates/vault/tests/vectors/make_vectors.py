#!/usr/bin/env python3
"""Writes the vectors that tests/vectors.rs opens: the format as another language understands it.

Needs `pip install cryptography` (44 or later, for Argon2id).
Nothing here is random, so a second run writes the same files: change the format, run, look at the difference.
"""

import base64
import hashlib
import json
import pathlib

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

HERE = pathlib.Path(__file__).parent
SEALED, PLAIN = 1, 0


def fixed(name, length):
    """Bytes that look random and are always the same."""
    return hashlib.sha512(name.encode()).digest()[:length]


def number(n):
    return n.to_bytes(8, "big")


def part(data):
    return number(len(data)) + data


def derive(key, label, context=b""):
    info = label.encode() + context
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(key)


def bound_bytes(bound):
    parts = [bound["table"].encode(), bound["field"].encode()]
    for p in bound["parts"]:
        parts.append(number(p["number"]) if "number" in p else bytes.fromhex(p["bytes"]))
    return bytes([SEALED]) + b"".join(part(p) for p in parts)


def seal(key, nonce, bound, plain):
    return bytes([SEALED]) + nonce + AESGCM(key).encrypt(nonce, plain, bound_bytes(bound))


def check_value(master, version, mode):
    return derive(master, "vault/1 check value", version.to_bytes(4, "big") + bytes([mode]))


def authenticate(key, use, label, fields):
    mac = hmac.HMAC(derive(key, "vault/1 tag key"), hashes.SHA256())
    mac.update(bytes([use]) + part(label.encode()) + b"".join(part(f) for f in fields))
    return mac.finalize()


def wrap_bound(purpose, owner, version):
    parts = [{"bytes": owner.hex()}, {"number": version}]
    return {"table": "wrapped_key", "field": purpose, "parts": parts}


def wrap(master, version, purpose, owner, key):
    wrapping_key = derive(master, "vault/1 wrapping key")
    nonce = fixed(f"wrap {purpose} {version}", 12)
    return seal(wrapping_key, nonce, wrap_bound(purpose, owner, version), key)


def flip(data, bit):
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << (bit % 8)
    return bytes(changed)


MASTER = fixed("master", 32)
OTHER_MASTER = fixed("other master", 32)
OWNER = fixed("owner", 16)
OTHER_OWNER = fixed("other owner", 16)
DATA_KEY = fixed("data key", 32)
OTHER_DATA_KEY = fixed("other data key", 32)


def master_keys():
    salt = fixed("salt", 16)
    words = "correct horse battery staple"
    memory, passes, lanes = 19 * 1024, 2, 1
    stretched = Argon2id(
        salt=salt, length=32, iterations=passes, lanes=lanes, memory_cost=memory
    ).derive(words.encode())
    kdf = bytes([1]) + salt + b"".join(n.to_bytes(4, "big") for n in (memory, passes, lanes))
    forms = [
        ("hex", f"hex:{MASTER.hex()}", None, MASTER),
        ("bare hex, upper case, line end", MASTER.hex().upper() + "\n", None, MASTER),
        ("base64", "base64:" + base64.b64encode(MASTER).decode(), None, MASTER),
        ("bare base64 for URLs", base64.urlsafe_b64encode(MASTER).decode().rstrip("="), None, MASTER),
        ("passphrase", f"passphrase: {words}\n", kdf.hex(), stretched),
    ]
    return [
        {
            "name": f"{name}, version {version}, {'sealed' if mode else 'plain'}",
            "text": text,
            "kdf": kdf,
            "version": version,
            "mode": mode,
            "check_value": check_value(key, version, mode).hex(),
        }
        for name, text, kdf, key in forms
        for version, mode in ((1, SEALED), (258, SEALED), (1, PLAIN))
        if (version, mode) == (1, SEALED) or name == "hex"
    ]


def wrapped_keys():
    def case(name, expect, data, version=1, purpose="session", owner=OWNER):
        return {
            "name": name,
            "version": version,
            "purpose": purpose,
            "owner": owner.hex(),
            "bytes": data.hex(),
            "expect": expect,
        }

    good = wrap(MASTER, 1, "session", OWNER, DATA_KEY)
    cases = [
        case("good session key", "ok", good),
        case("good names key", "ok", wrap(MASTER, 1, "names", OWNER, DATA_KEY), purpose="names"),
        case("good queue key", "ok", wrap(MASTER, 1, "queue", OWNER, DATA_KEY), purpose="queue"),
        case("wrong master key", "damaged", wrap(OTHER_MASTER, 1, "session", OWNER, DATA_KEY)),
        case("other owner", "damaged", good, owner=OTHER_OWNER),
        case("other purpose", "damaged", good, purpose="names"),
        case("made for version 2, stored as 1", "damaged", wrap(MASTER, 2, "session", OWNER, DATA_KEY)),
        case("version not at hand", "no master key 2", wrap(MASTER, 2, "session", OWNER, DATA_KEY), version=2),
        case("short key inside", "damaged", wrap(MASTER, 1, "session", OWNER, DATA_KEY[:31])),
        case("truncated", "damaged", good[:-1]),
        case("empty", "damaged", b""),
        case("bit flipped", "damaged", flip(good, 8 * 20)),
        case("later format", "unknown version 2", bytes([2]) + good[1:]),
        case("plain", "wrong mode", bytes([PLAIN]) + DATA_KEY, version=0),
    ]
    return {
        "master": MASTER.hex(),
        "data_key": DATA_KEY.hex(),
        "cases": cases,
    }


def sealed_rows():
    key = derive(DATA_KEY, "vault/1 sealing key")
    bound = {
        "table": "message",
        "field": "content",
        "parts": [{"bytes": OWNER.hex()}, {"number": 7}, {"bytes": b"user".hex()}],
    }
    moved = dict(bound, parts=[bound["parts"][0], {"number": 8}, bound["parts"][2]])
    swapped = dict(bound, parts=[bound["parts"][2], bound["parts"][1], bound["parts"][0]])
    other_table = dict(bound, table="summary")
    shifted = dict(bound, table="messag", field="econtent")
    plain = "Grüße, 日本語 \N{WAVING HAND SIGN}\0".encode()
    nonce = fixed("row", 12)
    good = seal(key, nonce, bound, plain)

    def case(name, expect, data, bound=bound, plain=plain):
        return {
            "name": name,
            "bound": bound,
            "sealed": data.hex(),
            "plain": plain.hex(),
            "expect": expect,
        }

    bare = {"table": "t", "field": "f", "parts": []}
    long = bytes(range(256)) * 4
    cases = [
        case("good", "ok", good),
        case("good, nothing inside", "ok", seal(key, fixed("empty", 12), bare, b""), bare, b""),
        case("good, long", "ok", seal(key, fixed("long", 12), bare, long), bare, long),
        case("wrong key", "damaged", seal(derive(OTHER_DATA_KEY, "vault/1 sealing key"), nonce, bound, plain)),
        case("the data key itself", "damaged", seal(DATA_KEY, nonce, bound, plain)),
        case("other position", "damaged", good, moved),
        case("parts swapped", "damaged", good, swapped),
        case("other table", "damaged", good, other_table),
        case("a letter moved from table to field", "damaged", good, shifted),
        case("no associated data", "damaged", bytes([1]) + nonce + AESGCM(key).encrypt(nonce, plain, None)),
        case("last byte missing", "damaged", good[:-1]),
        case("only a header", "truncated", good[:28]),
        case("empty", "truncated", b""),
        case("nonce bit flipped", "damaged", flip(good, 8 * 3)),
        case("text bit flipped", "damaged", flip(good, 8 * 15 + 7)),
        case("tag bit flipped", "damaged", flip(good, 8 * len(good) - 1)),
        case("later format", "unknown version 2", bytes([2]) + good[1:]),
        case("plain", "wrong mode", bytes([PLAIN]) + plain),
        case("sealed row called plain", "wrong mode", bytes([PLAIN]) + good[1:]),
    ]
    wrapped = wrap(MASTER, 1, "session", OWNER, DATA_KEY)
    return {
        "master": MASTER.hex(),
        "owner": OWNER.hex(),
        "wrapped": wrapped.hex(),
        "cases": cases,
    }


def tags():
    lists = [
        ("peer", [b"telegram", number(123456789)]),
        ("peer", [b"ab", b"c"]),
        ("peer", [b"a", b"bc"]),
        ("peerab", [b"c"]),
        ("peer", []),
        ("peer", [b""]),
        ("", [b"x" * 200]),
    ]
    return {
        "data_key": DATA_KEY.hex(),
        "cases": [
            {
                "label": label,
                "fields": [f.hex() for f in fields],
                "tag": authenticate(DATA_KEY, 1, label, fields)[:16].hex(),
                "mac": authenticate(DATA_KEY, 2, label, fields).hex(),
            }
            for label, fields in lists
        ],
    }


for make in (master_keys, wrapped_keys, sealed_rows, tags):
    text = json.dumps(make(), indent=2, ensure_ascii=True) + "\n"
    (HERE / f"{make.__name__}.json").write_text(text)
