"""docs/article.md tells every refusal, and no other."""

import re
from pathlib import Path

from bootmend.articles.critical_process_died import RULES

PAGE = Path(__file__).parents[2] / "docs" / "article.md"


def test_every_refusal_is_told() -> None:
    table = PAGE.read_text(encoding="ascii").partition("## What stops a plan")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `([a-z_]+)` \|", table, flags=re.MULTILINE)) == RULES.keys()
