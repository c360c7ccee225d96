"""Keeps programs running: starts them, waits until they are ready, starts again what died, ends all in reverse order."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from ops.stack.program import Program
from pedigree.errors import MedtraceError

FIRST_PAUSE, LONGEST_PAUSE = 0.3, 15.0
_LOOK_S = 0.1
_HEALTHY_S = 30.0
USAGE, BROKEN = 2, 4
"""Exit codes of ours that a restart does not mend."""


class StartError(MedtraceError):
    """A program of the stack did not come up; the message has its last words."""


class Keeper:
    """`stages`: programs that start together, once those of the stage before are ready. `said`: hears what happens, in words."""

    def __init__(self, stages: Sequence[Sequence[Program]], said: Callable[[str], None] = lambda _: None) -> None:
        self._stages = [list(stage) for stage in stages]
        self.programs = [program for stage in self._stages for program in stage]
        self._said = said
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self.restarts: dict[str, int] = {}

    def start(self) -> None:
        """StartError when one does not get ready; the others go on until `stop`."""
        for stage in self._stages:
            for program in stage:
                program.start()
            for program in stage:
                self.wait_for(program)
        for program in self.programs:
            thread = threading.Thread(target=self._watch, args=(program,), name=f"keep-{program.name}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def wait_for(self, program: Program) -> None:
        """StartError when it ends or is not ready in time."""
        begun = time.monotonic()
        while not program.ready():
            if not program.pid:
                raise StartError(f"{program.name} ended at its start; its last words:\n{program.last_words()}")
            if time.monotonic() - begun > program.ready_s:
                raise StartError(f"{program.name} is not ready after {program.ready_s:.0f} s:\n{program.last_words()}")
            time.sleep(_LOOK_S)
        self._said(f"{program.name} is ready after {time.monotonic() - begun:.1f} s ({program.about or program.pid})")

    def _watch(self, program: Program) -> None:
        pause, started = FIRST_PAUSE, time.monotonic()
        while not self._stop.wait(_LOOK_S):
            if program.pid or program.child is None:
                continue
            code = program.child.returncode
            if code in (USAGE, BROKEN):
                self._said(f"{program.name} can't go on:\n{program.last_words(3)}")
                return
            pause = FIRST_PAUSE if time.monotonic() - started > _HEALTHY_S else min(LONGEST_PAUSE, pause * 2)
            self._said(f"{program.name} died ({code}); it is started again in {pause:.1f} s")
            if self._stop.wait(pause):
                return
            self.restarts[program.name] = self.restarts.get(program.name, 0) + 1
            started = time.monotonic()
            program.start()

    def stop(self) -> None:
        """Last started, first ended; a stage ends together."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        for stage in reversed(self._stages):
            for program in stage:
                program.ask_to_stop()
            for program in stage:
                program.stop()
                self._said(f"{program.name} has ended")
