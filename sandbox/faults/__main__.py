"""`python -m sandbox.faults`: the crash matrix and the fault matrix, written down as a page."""

import argparse
import sys
import time
from pathlib import Path

from sandbox.faults.page import page
from sandbox.faults.plan import plan
from sandbox.faults.run import Result, run_all, surveys

SEED = 20_261_123


def main() -> int:
    """Exit status 0 if every rule held in every run, 1 if not."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--most", type=int, default=None, help="play only so many runs, the first that the seed chose")
    parser.add_argument("--jobs", type=int, default=2, help="runs at the same time")
    parser.add_argument("--only", default="", help="play the runs whose name holds this")
    parser.add_argument("--page", type=Path, default=None, help="where to write the page")
    given = parser.parse_args()
    begun = time.monotonic()
    known = surveys()
    cases = [case for case in plan(known, given.seed) if given.only in str(case)][: given.most]
    print(f"seed {given.seed}: {len(cases)} runs, {given.jobs} at a time", flush=True)
    results = run_all(cases, known, given.jobs, _tell)
    minutes = (time.monotonic() - begun) / 60
    bad = [result for result in results if result.broken]
    print(f"{len(results)} runs in {minutes:.1f} min, {len(bad)} with a broken rule")
    if given.page is not None:
        given.page.write_text(page(results, known, given.seed), encoding="utf-8")
    return 1 if bad else 0


def _tell(result: Result) -> None:
    mark = "BROKEN" if result.broken else "ok" if result.struck else "not reached"
    print(f"{mark:12} {result.seconds:5.1f} s  {result.outcome:12} {result.case}", flush=True)
    for one in result.broken:
        print(f"             {one.rule}: {one.what}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
