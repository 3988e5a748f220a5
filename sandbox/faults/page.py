"""docs/reliability.md, from the results of the matrix."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from sandbox.faults.mishap import ArmFault, Crash, Happening
from sandbox.faults.plan import MANNERS, Survey
from sandbox.faults.run import Result

HEAD = """# Reliability: what was tried, and what came of it

Written by `make test-faults`; do not edit. Each run is a repair in the sandbox, of the unmodified function app, in which one
thing goes wrong. What is counted here was judged by the simulator's own account of what exists and what boots, never by
the report alone. The rules stand in `sandbox/faults/invariants.py`; a cell shows runs, and after a `!` those that broke a rule.
"""
COUNTS = (
    ("honest outcomes", ()),
    ("false successes", ("honest",)),
    ("VMs not as the outcome says", ("found",)),
    ("originals lost", ("original",)),
    ("things of others deleted", ("others",)),
    ("resources unlisted", ("unlisted",)),
    ("leftovers beyond policy", ("leftovers",)),
    ("other outcomes than expected", ("outcome",)),
    ("done more than once", ("once",)),
    ("requests or waits beyond bounds", ("bounds",)),
)


def page(results: Sequence[Result], known: Mapping[str, Survey], seed: int) -> str:
    """Markdown: counts, the crash matrix, the fault matrix, incidents, how much was asked of Azure."""
    struck = [result for result in results if result.struck]
    parts = [HEAD, _counts(struck, seed), _bases(known), _crashes(struck), _faults(struck), _incidents(struck)]
    return "\n".join([*parts, _bounds(struck), _broken(results)]).rstrip() + "\n"


def _counts(results: Sequence[Result], seed: int) -> str:
    rows = [("runs", str(len(results)))]
    for words, rules in COUNTS:
        if rules:
            rows.append((words, str(sum(any(one.rule in rules for one in result.broken) for result in results))))
        else:
            rows.append((words, str(sum(not result.broken for result in results))))
    table = "\n".join(f"| {words} | {count} |" for words, count in rows)
    return f"## Counts\n\nChosen pairwise by the seed {seed}.\n\n| | |\n|---|---:|\n{table}\n"


def _bases(known: Mapping[str, Survey]) -> str:
    rows = "\n".join(f"| `{name}` | {survey.normal.outcome} |" for name, survey in known.items())
    words = "What each ends with when nothing goes wrong, or what goes wrong passes."
    return f"## Bases\n\n{words}\n\n| base | outcome |\n|---|---|\n{rows}\n"


def _crashes(results: Sequence[Result]) -> str:
    of_steps = [r for r in results if isinstance(r.case.mishap, Crash) and r.case.mishap.activity is None]
    of_activities = [r for r in results if isinstance(r.case.mishap, Crash) and r.case.mishap.activity is not None]
    words = (
        "The host is killed (SIGKILL) `after` the step, `amid` a write that Azure has carried out, or `before_answer`, when an\n"
        "activity has done all and cannot say so any more. `twice`: each activity is run twice; `lost`: its answer is lost once,\n"
        "and it is run again. The outcome must be the same as without, with one VM, one copy, one swap.\n"
    )

    def manner(result: Result) -> str:
        return result.case.mishap.manner if isinstance(result.case.mishap, Crash) else ""

    def place(result: Result) -> str:
        mishap = result.case.mishap
        return (mishap.step or mishap.activity or "every activity") if isinstance(mishap, Crash) else ""

    bases = list(dict.fromkeys(result.case.base for result in results))
    return "\n".join(
        [
            "## Crash matrix\n",
            words,
            "### Scenarios and steps\n",
            _table("step", bases, of_steps, place, lambda result: result.case.base),
            "### Steps and manners\n",
            _table("step", MANNERS, of_steps, place, manner),
            "### Activities and manners\n",
            _table("activity", MANNERS[1:], of_activities, place, manner),
        ]
    )


def _faults(results: Sequence[Result]) -> str:
    chosen = [result for result in results if isinstance(result.case.mishap, ArmFault)]

    def kind(result: Result) -> str:
        return result.case.mishap.kind if isinstance(result.case.mishap, ArmFault) else ""

    def operation(result: Result) -> str:
        mishap = result.case.mishap
        return mishap.spec.operation.removeprefix("Microsoft.Compute/") if isinstance(mishap, ArmFault) else ""

    operations = sorted({operation(result) for result in chosen})
    names = "\n".join(f"{number}. `{name}`" for number, name in enumerate(operations, 1))
    columns = [str(number) for number in range(1, len(operations) + 1)]
    table = _table("fault", columns, chosen, kind, lambda result: str(operations.index(operation(result)) + 1))
    return f"## Fault matrix\n\nOperations:\n\n{names}\n\n{table}"


def _incidents(results: Sequence[Result]) -> str:
    chosen = [result for result in results if isinstance(result.case.mishap, Happening)]

    def incident(result: Result) -> str:
        return result.case.mishap.incident if isinstance(result.case.mishap, Happening) else ""

    outcomes = sorted({result.outcome for result in chosen})
    return "## What others do\n\n" + _table("incident", outcomes, chosen, incident, lambda result: result.outcome)


def _bounds(results: Sequence[Result]) -> str:
    if not results:
        return ""
    most = max(results, key=lambda result: result.requests)
    longest = max(results, key=lambda result: result.hours)
    middle = sorted(result.requests for result in results)[len(results) // 2]
    return (
        "## Bounds\n\n"
        f"Requests to Azure in one run: {middle} in the middle, {most.requests} at most ({most.case}). "
        f"The longest run took {longest.hours:.1f} virtual hours ({longest.case}).\n"
    )


def _broken(results: Sequence[Result]) -> str:
    bad = [f"- {result.case}: {one.rule}: {one.what}" for result in results for one in result.broken]
    return "## Broken rules\n\n" + ("\n".join(bad) if bad else "None.") + "\n"


def _table(
    head: str,
    columns: Iterable[str],
    results: Sequence[Result],
    row_of: Callable[[Result], str],
    column_of: Callable[[Result], str],
) -> str:
    names = list(columns)
    runs: defaultdict[str, Counter[str]] = defaultdict(Counter)
    bad: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for result in results:
        runs[row_of(result)][column_of(result)] += 1
        bad[row_of(result)][column_of(result)] += bool(result.broken)
    lines = [f"| {head} | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    for row in sorted(runs):
        cells = [f"{runs[row][name] or ''}{f' !{bad[row][name]}' if bad[row][name] else ''}" for name in names]
        lines.append(f"| {row} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
