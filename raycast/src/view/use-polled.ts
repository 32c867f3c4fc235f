import { useCallback, useEffect, useRef, useState } from "react";

import { describeError, ErrorDescriptor } from "../errors";

/** What was loaded last, or why it could not be. Both are never set. */
export interface Polled<T> {
  value?: T;
  error?: ErrorDescriptor;
  /** Whether nothing has come yet. */
  isLoading: boolean;
  /** Load again now. */
  again: () => void;
}

/**
 * Load something, and again `interval` milliseconds after it came, as long as the view is open.
 *
 * One request at a time, and none after the view has closed. Nothing is kept anywhere but here.
 */
export function usePolled<T>(load: (signal: AbortSignal) => Promise<T>, interval: number | null): Polled<T> {
  const [state, setState] = useState<{ value?: T; error?: ErrorDescriptor }>({});
  const [round, setRound] = useState(0);
  const latest = useRef(load);
  latest.current = load;

  useEffect(() => {
    const closed = new AbortController();
    let timer: NodeJS.Timeout | undefined;

    async function poll(): Promise<void> {
      let next: typeof state;
      try {
        next = { value: await latest.current(closed.signal) };
      } catch (error) {
        next = { error: describeError(error) };
      }
      if (closed.signal.aborted) {
        return;
      }
      setState(next);
      if (interval !== null) {
        timer = setTimeout(() => void poll(), interval);
      }
    }

    void poll();
    return () => {
      closed.abort();
      clearTimeout(timer);
    };
  }, [interval, round]);

  const again = useCallback(() => setRound((count) => count + 1), []);
  return { ...state, isLoading: state.value === undefined && state.error === undefined, again };
}
