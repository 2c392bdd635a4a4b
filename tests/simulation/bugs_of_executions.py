"""Planted bugs of the state machine: its executions, its steps, and its definition."""

from __future__ import annotations

from functools import partial

from tests.simulation.cuts import EXECUTIONS, FAILURES, MACHINE, OWN_MESSAGES, STEPS
from tests.simulation.cuts import bug as any_bug

bug = partial(any_bug, machine=True)

OF_EXECUTIONS = (
    bug(
        "the number of an execution never grows",
        (EXECUTIONS, "in range(waiting.number, waiting.number + NAMES)", "in (waiting.number,)"),
        (EXECUTIONS, "Waiting(number=waiting.number + NAMES).text", "text"),
    ),
    bug(
        "a wake-up that no execution took is forgotten",
        (
            EXECUTIONS,
            "self.executions.answer(waiting.token, going_on(run))",
            "[self.executions.answer(waiting.token, going_on(run))]",
        ),
    ),
    bug(
        "a token is not stored",
        (EXECUTIONS, "Waiting(number=number, token=token).text)", "Waiting(number=number).text)"),
    ),
    bug(
        "a name that ended is taken for one that runs",
        (
            EXECUTIONS,
            'if self.executions.start(name_of(run, number), {"run": run_id}):',
            'if self.executions.start(name_of(run, number), {"run": run_id}) or True:',
        ),
    ),
    bug(
        "a state that has nothing to wait for does not go on",
        (STEPS, '    if following["next"] not in WAITS:\n        machine.answer(token, following)\n', ""),
    ),
    bug(
        "the chunks of a plan are dropped",
        (STEPS, "    if messages.chunks:\n        return _to_stage(pipeline, moved, messages.chunks)\n", ""),
    ),
    bug(
        "messages for other runs are swallowed within a step",
        (OWN_MESSAGES, "if delay > 0 or run_id != self.run_id:", "if delay > 0:"),
        (OWN_MESSAGES, "[run_id for run_id in run_ids if run_id != self.run_id]", "[]"),
    ),
    bug(
        "a message with a delay is swallowed within a step",
        (OWN_MESSAGES, "if delay > 0 or run_id != self.run_id:", "if run_id != self.run_id:"),
    ),
    bug(
        "a run in its load is ended by a step that failed at each try",
        (FAILURES, "run.state.terminal or run.state in (RunState.STAGED, RunState.LOADING)", "run.state.terminal"),
    ),
    bug(
        "a step that failed at each try ends the run, also if another may succeed",
        (
            STEPS,
            "    if may_pass(run, fault, pipeline.ctx.clock.now(), pipeline.ctx.settings.give_up_hours):\n",
            "    if False:\n",
        ),
    ),
    bug(
        "a pause has no end",
        (MACHINE, '"TimeoutSeconds": 1800,', '"TimeoutSeconds": 99999999,'),
    ),
    bug(
        "a message for the export of a finished run is dropped",
        (
            EXECUTIONS,
            "        if run.finished:\n            self.queue.send_run(run_id)\n",
            "        if run.finished:\n",
        ),
    ),
)
