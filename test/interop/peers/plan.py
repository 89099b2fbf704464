# What a Python client sends to an echo server in the interoperability run, and how it reports.
import json

CLOSE_CODE = 3001
CLOSE_REASON = "done here"
ASK_TO_CLOSE = "please close"
CLOSED_AS_ASKED = 3002
SUBPROTOCOLS = None
SIZES = [0, 1, 125, 126, 127, 65535, 65536, 1 << 20, 16 << 20]
ALPHABET = "The quick brown fox jumps over the lazy dog; 0123456789. "


def messages():
    for size in SIZES:
        text = (ALPHABET * (size // len(ALPHABET) + 1))[:size]
        yield f"text {size}", text
        yield f"binary {size}", text.encode()


def report(label, compressed, ok):
    print(json.dumps({"label": label, "compressed": compressed, "ok": bool(ok)}), flush=True)
