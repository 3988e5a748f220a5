"""The screenshot as boot diagnostics gives it: a small real BMP, one bit a pixel, drawn here."""

import struct

from sandbox.windows import Screenshot

WIDTH, HEIGHT, SCALE = 320, 200, 2

_GLYPHS = {
    "A": "75755", "B": "65656", "C": "74447", "D": "65556", "E": "74647", "F": "74644", "G": "74557", "H": "55755",
    "I": "72227", "K": "55655", "L": "44447", "M": "57755", "N": "65555", "O": "75557", "P": "75744", "R": "75765",
    "S": "74717", "T": "72222", "U": "55557", "V": "55552", "W": "55577", "X": "55255", "Y": "55222", "0": "75557",
    "1": "26227", "2": "71747", "3": "71317", "4": "55711", "5": "74717", "6": "74757", "7": "71111", "8": "75757",
    "9": "75717", " ": "00000",
}  # fmt: skip
"""Letters of 3 by 5 dots: a digit a row, its bits from left to right."""

_LINES = {
    "bluescreen": ("YOUR DEVICE RAN INTO A PROBLEM", "STOP CODE"),
    "login": ("PRESS CTRL ALT DELETE TO UNLOCK",),
    "boot": ("PLEASE WAIT",),
}
_BLUE, _BLACK, _WHITE = (0xD7, 0x78, 0x00), (0, 0, 0), (0xFF, 0xFF, 0xFF)


def bitmap(screen: Screenshot) -> bytes:
    """The bytes of a .bmp that shows what is on the VM's screen."""
    lines = list(_LINES.get(screen.kind, ("PLEASE WAIT",)))
    if screen.kind == "bluescreen" and screen.stop_code is not None:
        lines.append(f"0X{screen.stop_code:08X}")
    rows = [bytearray(WIDTH // 8) for _ in range(HEIGHT)]
    for number, line in enumerate(lines):
        _write(rows, 8, 40 + number * 30, line)
    background = _BLUE if screen.kind != "boot" else _BLACK
    pixels = b"".join(bytes(row) for row in reversed(rows))
    palette = bytes((*background, 0, *_WHITE, 0))
    offset = 14 + 40 + len(palette)
    header = struct.pack("<2sIHHI", b"BM", offset + len(pixels), 0, 0, offset)
    info = struct.pack("<IiiHHIIiiII", 40, WIDTH, HEIGHT, 1, 1, 0, len(pixels), 2835, 2835, 2, 2)
    return header + info + palette + pixels


def _write(rows: list[bytearray], left: int, top: int, text: str) -> None:
    for place, letter in enumerate(text):
        for down, dots in enumerate(int(digit) for digit in _GLYPHS.get(letter, "72227")):
            for across in range(3):
                if dots & (4 >> across):
                    _fill(rows, left + (place * 4 + across) * SCALE, top + down * SCALE)


def _fill(rows: list[bytearray], left: int, top: int) -> None:
    for y in range(top, min(top + SCALE, HEIGHT)):
        for x in range(left, min(left + SCALE, WIDTH)):
            rows[y][x // 8] |= 0x80 >> (x % 8)
