"""The last line of each preset, for machines: the figures of its question, units in the keys.

None is not measured, and a failure has no latency.
"""

from bisect import bisect_left

from onset.bench.analysis import metrics
from onset.bench.analysis.summary import PREBUFFERS, ArmSummary, RunSummary
from onset.bench.analysis.verdicts import VerdictState
from onset.bench.records.recording import Recording, RequestOutcome
from onset.bench.records.run_folder import Run
from onset.bench.report.formatting import milliseconds
from onset.stats.quantiles import median, quantile


def stream(run: Run, summary: RunSummary) -> dict[str, object]:
    """One long answer, and what players would have heard of it."""
    never = Recording(0, 0, detail="never made")
    recording = next(iter(_recordings(run, "streaming", "prose")), never)
    between = metrics.gaps(recording)
    return _line(
        run,
        summary,
        "stream",
        outcome=recording.outcome,
        detail=recording.detail,
        audio_seconds=metrics.audio_seconds(recording),
        request_seconds=metrics.request_duration(recording),
        ttfa_audible_ms=milliseconds(metrics.ttfa_audible(recording)),
        rtf_stream=metrics.rtf_stream(recording),
        rtf_whole=metrics.rtf_whole(recording),
        chunks=len(recording.arrivals),
        chunk_gap_ms_p50=milliseconds(quantile(between, 0.5)),
        chunk_gap_ms_p95=milliseconds(quantile(between, 0.95)),
        chunk_gap_ms_max=milliseconds(max(between, default=None)),
        required_prebuffer_ms=milliseconds(metrics.prebuffer(recording)),
        players=[_player(recording, seconds) for seconds in PREBUFFERS],
    )


def oneshot(run: Run, summary: RunSummary) -> dict[str, object]:
    """The same texts streamed and decoded whole."""
    streamed, whole = _arms(summary)
    verdict = streamed.verdicts[0]
    (target,) = [t for s in run.manifest.scenarios for t in s.targets if t.metric == verdict.metric]
    ratio, least = verdict.measured, target.least
    return _line(
        run,
        summary,
        "oneshot",
        n=streamed.n,
        failed=max(streamed.failures, whole.failures),
        rtf_streamed_p50=streamed.figures["rtf_whole"].p50,
        rtf_whole_p50=whole.figures["rtf_whole"].p50,
        streamed_over_whole_ratio_p50=round(1 / ratio, 4) if ratio else None,
        promised_ratio=round(1 / least, 2) if least else None,
        passed=verdict.state is VerdictState.PASS,
    )


def memory(run: Run, summary: RunSummary) -> dict[str, object]:
    """Resident memory before the first request, after half of them and after the last."""
    (arm,) = _arms(summary)
    samples = [s for s in run.system if s.scenario == "memory" and arm.arm in s.servers]
    sizes = [sample.servers[arm.arm].rss_bytes for sample in samples]
    times = [sample.at_ns for sample in samples]
    ends = [recording.ended_ns or 0 for recording in _recordings(run, "memory", "soak")]
    after = [sizes[min(bisect_left(times, end), len(sizes) - 1)] for end in ends if sizes]
    half = len(after) // 2
    middle, last = (after[half - 1], after[-1]) if half else (None, None)
    return _line(
        run,
        summary,
        "memory",
        requests=arm.n,
        failures=arm.failures,
        rss_start_bytes=sizes[0] if sizes else None,
        rss_half_requests=half,
        rss_half_bytes=middle,
        rss_end_bytes=last,
        rss_peak_bytes=arm.whole["rss_peak_bytes"],
        growth_second_half_bytes=None if middle is None or last is None else last - middle,
        growth_bytes_per_request=arm.whole["memory_growth_bytes_per_request"],
    )


def load(run: Run, summary: RunSummary) -> dict[str, object]:
    """Those who listened to the end, those who came meanwhile, and those who were one too many."""
    alone, held, new, beyond = (
        _recordings(run, "held", case) for case in ("alone", "held", "new", "beyond")
    )
    served = [one for one in new if not metrics.is_refusal(one)]
    before, after = (
        median([metrics.ttfa_audible(one) for one in group]) for group in (alone, served)
    )
    delays = map(metrics.refusal, (*new, *beyond))
    refusals = [seconds for seconds in delays if seconds is not None]
    admitted = [one for one in beyond if not metrics.is_refusal(one) and "grown" not in one.marks]
    return _line(
        run,
        summary,
        "load",
        listeners=len(held),
        listened_seconds=min(map(_heard_seconds, held), default=None),
        underruns=sum(int(metrics.underruns(one) or 0) for one in held),
        errors=sum(one.outcome is RequestOutcome.FAILED for one in (*held, *alone, *served)),
        ttfa_alone_ms_p50=milliseconds(before),
        ttfa_loaded_ms_p50=milliseconds(after),
        ttfa_ratio=None if before is None or after is None else after / before,
        new_served=len(served),
        new_refused=len(new) - len(served),
        beyond_refused=sum(map(metrics.is_refusal, beyond)),
        beyond_admitted=len(admitted),
        refusal_ms_max=milliseconds(max(refusals, default=None)),
        kept=summary.exit_code == 0,
    )


def _line(run: Run, summary: RunSummary, bench: str, **figures: object) -> dict[str, object]:
    machine = dict(run.fingerprint.comparable) | dict(run.fingerprint.other)
    return {"schema": 1, "bench": bench, **figures, "state": summary.state, "environment": machine}


def _recordings(run: Run, scenario: str, case: str) -> list[Recording]:
    """The answers of a case, in the order they were planned."""
    return [
        trial.recording
        for trial in run.trials
        if (trial.ask.scenario, trial.ask.case) == (scenario, case)
    ]


def _arms(summary: RunSummary) -> tuple[ArmSummary, ...]:
    """The arms of the one case that was measured."""
    ((case,),) = (scenario.cases for scenario in summary.scenarios)
    return case.arms


def _player(recording: Recording, seconds: float) -> dict[str, object]:
    played = metrics.playback(recording, seconds)
    return {
        "prebuffer_ms": milliseconds(seconds),
        "start_ms": milliseconds(played.start) if played else None,
        "stalls": len(played.stalls) if played else None,
        "stall_seconds": played.stall_seconds if played else None,
        "efficiency_ratio": played.efficiency if played else None,
        "smooth": played.smooth if played else None,
    }


def _heard_seconds(recording: Recording) -> float:
    return sum(samples for _, samples in recording.arrivals) / recording.sample_rate
