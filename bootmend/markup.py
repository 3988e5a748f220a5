"""Markup as a tree of elements: text is escaped when the tree is written out, so that nothing untrusted becomes markup."""

import re
from typing import Final
from xml.etree.ElementTree import Element

_ESCAPES: Final = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
_UNPRINTABLE: Final = re.compile(r"[^\t\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def el(tag: str, /, *content: Element | str | None, **attributes: str) -> Element:
    """An element with texts and elements in order. Attribute `cls` is the class; a None is left out."""
    made = Element(tag, {("class" if name == "cls" else name): plain(value) for name, value in attributes.items()})
    for piece in content:
        if isinstance(piece, Element):
            made.append(piece)
        elif piece is not None and len(made):
            made[-1].tail = (made[-1].tail or "") + plain(piece)
        elif piece is not None:
            made.text = (made.text or "") + plain(piece)
    return made


def plain(text: str) -> str:
    """Text that HTML can hold: without terminal escapes, control characters and half surrogates."""
    return _UNPRINTABLE.sub("�", _ESCAPES.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))
