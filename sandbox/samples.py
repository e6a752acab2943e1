"""Small real files for who has none at hand: a PNG, a WebP and an OGG/Opus second of silence."""

import base64
import struct
import zlib
from collections.abc import Iterable


def photo() -> bytes:
    """A PNG of 64 by 64 pixels, a soft gradient."""
    rows = b"".join(
        b"\0" + b"".join(bytes((90 + x, 120 + y, 200)) for x in range(64)) for y in range(64)
    )
    header = struct.pack(">IIBBBBB", 64, 64, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_png_chunk(kind, body) for kind, body in chunks)


def _png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def voice(seconds: int = 1) -> bytes:
    """OGG/Opus silence; each Opus frame `f8 ff fe` is 20 ms (RFC 6716, RFC 7845)."""
    head = b"OpusHead" + struct.pack("<BBHIHB", 1, 1, 0, 48000, 0, 0)
    tags = b"OpusTags" + struct.pack("<I", 7) + b"sandbox" + struct.pack("<I", 0)
    frames = [b"\xf8\xff\xfe"] * 50
    pages = [_ogg_page([head], 0, 0, 2), _ogg_page([tags], 0, 1, 0)]
    for second in range(seconds):
        last = 4 if second == seconds - 1 else 0
        pages.append(_ogg_page(frames, 48000 * (second + 1), second + 2, last))
    return b"".join(pages)


def _ogg_page(packets: Iterable[bytes], position: int, number: int, flags: int) -> bytes:
    packets = list(packets)
    lacing = bytes(len(packet) for packet in packets)
    head = struct.pack("<4sBBqIII", b"OggS", 0, flags, position, 1, number, 0)
    page = head + bytes([len(lacing)]) + lacing + b"".join(packets)
    return page[:22] + struct.pack("<I", _ogg_crc(page)) + page[26:]


def _ogg_crc(page: bytes) -> int:
    """CRC-32 of the Ogg format: polynomial 04c11db7, not reflected (RFC 3533)."""
    crc = 0
    for byte in page:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1) ^ (0x04C11DB7 if crc & 0x80000000 else 0)
        crc &= 0xFFFFFFFF
    return crc


def sticker() -> bytes:
    """The smallest lossless WebP."""
    return base64.b64decode("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==")
