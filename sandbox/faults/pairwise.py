"""Choosing runs: every pair of values of two factors at least once, by a seed."""

import itertools
import random
from collections.abc import Callable, Sequence

type Row = tuple[object, ...]


def pairwise(
    factors: Sequence[Sequence[object]], seed: int, fits: Callable[[Row], bool] = lambda _: True, tries: int = 30
) -> list[Row]:
    """Rows, one value of each factor, in which each pair that any fitting row has stands at least once.

    Greedy: of some random rows around a pair that is wanting, the one with most wanting pairs. The same seed gives the same rows.
    """
    rng = random.Random(seed)
    wanting = {pair for row in itertools.product(*factors) if fits(row) for pair in _pairs(row)}
    rows: list[Row] = []
    for first in sorted(wanting, key=repr):
        if first not in wanting:
            continue
        candidates = [row for _ in range(tries * 4) if fits(row := _around(first, factors, rng))][:tries]
        if not candidates:
            candidates = [row for row in itertools.product(*factors) if fits(row) and first in _pairs(row)]
        best = max(candidates, key=lambda row: len(wanting & _pairs(row)))
        wanting -= _pairs(best)
        rows.append(best)
    return rows


type Pair = tuple[tuple[int, object], tuple[int, object]]


def _pairs(row: Row) -> set[Pair]:
    return set(itertools.combinations(enumerate(row), 2))


def _around(pair: Pair, factors: Sequence[Sequence[object]], rng: random.Random) -> Row:
    fixed = dict(pair)
    return tuple(fixed.get(place, rng.choice(values)) for place, values in enumerate(factors))
