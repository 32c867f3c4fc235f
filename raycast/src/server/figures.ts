/**
 * What the server tells of itself. Null is what was not measured; it is never 0.
 *
 * `docs/monitoring.md` of Onset says what each figure is; `tests/data/golden` holds both sides to it.
 */

export interface Voice {
  id: string;
  name: string | null;
  lang: string | null;
  gender: string | null;
  decode: string | null;
  aliases: string[];
}

export interface Performance {
  version: string;
  /** Unix time, seconds. */
  at: number;
  ready: boolean;
  ttfa: {
    current_ms: number | null;
    target_ms: number;
    trend: "improving" | "stable" | "degrading" | "unknown";
    achievement_rate: number | null;
    interval: [number, number] | null;
    n: number;
    unmeasured: number;
    p50_ms: number | null;
    p95_ms: number | null;
  };
  pipeline: Record<string, number | null>;
  pipeline_p95: Record<string, number | null>;
  flow: {
    rtf_p50: number | null;
    smooth_ratio: number | null;
    stalls: number | null;
    exact_ratio: number | null;
  };
  system: {
    rss_bytes: number;
    cpu_ratio: number | null;
    host_cpu_ratio: number | null;
    pace: number | null;
    listeners: number | null;
    active: number;
  };
  heard: { n: number; heard_ms: number | null; latency_ms: number | null };
  /** What the server measures by itself while nobody is there; `off`: why it does not. */
  probe?: { off: string | null; n: number; first_audio_ms: number | null };
  /** The newest answers, the newest last. */
  recent: Answer[];
  alerts: Alert[];
  recommendations: Advice[];
}

export interface Answer {
  at: number;
  purpose: string;
  way: string;
  outcome: string;
  ttfa_ms: number | null;
}

export interface Alert {
  name: string;
  severity: string;
  state: "insufficient" | "ok" | "firing" | "clearing";
  since: number | null;
  says: string;
  evidence: string;
  check: string;
}

export interface Advice {
  rule: string;
  evidence: string;
  suggestion: string;
  check: string;
}

/** A benchmark that the server runs against itself. */
export interface Benchmark {
  id: string;
  scenario: string;
  state: "running" | "pass" | "fail" | "inconclusive" | "invalid" | "broken";
  progress: { scenario: string; scenarios_done: number; scenarios: number } | null;
  result: Record<string, unknown> | null;
  detail: string | null;
}
