"""Runs cases: each in a world of its own, some side by side in processes of their own."""

import multiprocessing
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass

from sandbox.faults.bases import FILES, base
from sandbox.faults.drive import drive
from sandbox.faults.invariants import Broken, Normal, broken, creations
from sandbox.faults.kinds import Use
from sandbox.faults.mishap import Case
from sandbox.faults.plan import Survey
from sandbox.faults.troubled_world import TroubledWorld


@dataclass(frozen=True)
class Result:
    """What came of one case. `struck` False: its moment never came, and the run shows nothing."""

    case: Case
    outcome: str
    reason: str
    broken: tuple[Broken, ...]
    struck: bool
    requests: int
    hours: float
    leftovers: int
    seconds: float
    log: tuple[str, ...] = ()
    """The host's last lines, where a rule is broken."""


def survey(name: str) -> Survey:
    """Plays a base as it is. Raises RuntimeError if it does not end."""
    with TroubledWorld(base(name), None) as world:
        driven = drive(world)
        if driven.stuck:
            raise RuntimeError(f"{name}: {driven.stuck}")
        rows = world.azure.trace
        calls = Counter(row.operation for row in rows)
        methods = {row.operation: row.method for row in rows}
        return Survey(
            normal=Normal(driven.report["outcome"], creations(rows, world.vm_id)),
            steps=tuple(dict.fromkeys(step["name"] for step in driven.report["steps"])),
            activities=tuple(sorted(world.troubled_engine.called)),
            uses=tuple(Use(operation, methods[operation], count) for operation, count in sorted(calls.items())),
        )


def surveys(names: Iterable[str] = tuple(FILES), jobs: int = 2) -> dict[str, Survey]:
    chosen = list(names)
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        return dict(zip(chosen, pool.map(survey, chosen), strict=True))


def run(case: Case, normal: Normal) -> Result:
    """One case in a world of its own. A world that breaks down is a result too: it must not end the other runs."""
    begun = time.monotonic()
    try:
        return _played(case, normal, begun)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told as the run's result
        told = (Broken("outcome", f"the world broke down: {type(error).__name__}: {error}"),)
        return Result(case, "none", "", told, struck=True, requests=0, hours=0, leftovers=0, seconds=0)


def _played(case: Case, normal: Normal, begun: float) -> Result:
    with TroubledWorld(base(case.base), case.mishap) as world:
        driven = drive(world)
        found = tuple(broken(world, driven, case, normal))
        return Result(
            case=case,
            outcome=str(driven.report.get("outcome", "none")),
            reason=str(driven.report.get("reason", "")),
            broken=found,
            struck=world.struck(),
            requests=len(world.azure.trace),
            hours=driven.hours,
            leftovers=len(driven.report.get("leftovers", ())),
            seconds=time.monotonic() - begun,
            log=tuple(world.host_log()[-40:]) if found else (),
        )


def run_all(
    cases: Sequence[Case], known: dict[str, Survey], jobs: int, tell: Callable[[Result], None] = lambda _: None
) -> list[Result]:
    """Every case, `jobs` at a time; in the order of the cases."""
    results: dict[Case, Result] = {}
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        waiting = [pool.submit(run, case, known[case.base].normal) for case in cases]
        for future in as_completed(waiting):
            result = future.result()
            results[result.case] = result
            tell(result)
    return [results[case] for case in cases]
