"""One disk on a repair VM, taken through inspect, plan and execute with the shipped scripts."""

from dataclasses import dataclass, field
from random import Random

from bootmend.articles import critical_process_died
from bootmend.articles.article import FixVerdict, Machine, Refusal
from bootmend.guest.commands import GuestScript, execute_script, inspect_script
from bootmend.guest.output import read_facts, read_transcript
from bootmend.models.guest import GuestFacts, Plan, Transcript
from sandbox.clock import START
from sandbox.windows import (
    BootOutcome,
    RepairGuest,
    ScriptRun,
    SourceVm,
    SourceWindows,
    WindowsDisk,
    boot,
    build_os_disk,
    run_script,
)

LUN = 0


@dataclass
class Stage:
    vm: SourceVm = field(default_factory=SourceVm)
    windows: SourceWindows = field(default_factory=SourceWindows)
    memory_gb: float = 8

    def __post_init__(self) -> None:
        self.source = build_os_disk(self.vm, self.windows)
        self.copy = self.source.clone()
        self.guest = RepairGuest({LUN: self.copy})
        self.machine = Machine(memory_gb=self.memory_gb, generation=self.vm.generation, is_client=self.vm.is_client)

    def run(self, script: GuestScript) -> ScriptRun:
        return run_script(
            self.guest, script.script, script.parameters, script.protected, now=START, rng=Random("stage")
        )

    def inspect(self) -> GuestFacts:
        run = self.run(inspect_script(LUN))
        assert run.exit_code == 0, run.error
        return read_facts(run.output_at(run.seconds))

    def plan(self) -> Plan | Refusal:
        return critical_process_died.plan(self.inspect(), self.machine)

    def execute(self, plan: Plan) -> Transcript:
        run = self.run(execute_script(plan))
        assert run.exit_code == 0, run.error
        return read_transcript(run.output_at(run.seconds))

    def fix(self) -> tuple[Transcript, FixVerdict]:
        plan = self.plan()
        assert isinstance(plan, Plan), plan
        transcript = self.execute(plan)
        return transcript, critical_process_died.judge(plan, transcript)


def start(disk: WindowsDisk, *, memory_gb: float = 8, data_disks: tuple[WindowsDisk, ...] = ()) -> BootOutcome:
    return boot(disk, memory_gb=memory_gb, rng=Random("boot"), boot_number=1, now=START, data_disks=data_disks)
