import { Action, ActionPanel, Detail, Icon, showToast, Toast } from "@raycast/api";
import { useRef, useState } from "react";

import { ServerRefusal } from "./errors";
import { server } from "./preferences";
import { Benchmark, Performance } from "./server/figures";
import { showFailure } from "./view/commands";
import { FailurePage } from "./view/help";
import { performanceFacts, performanceMarkdown } from "./view/performance-page";
import { usePolled } from "./view/use-polled";

/** The server makes new figures once a second. */
const REFRESH_MS = 1000;

interface Figures {
  now: Performance;
  benchmark: Benchmark | null;
}

/** How soon speech is heard, live while it is open. */
export default function PerformanceView() {
  const running = useRef<string>(undefined);
  const { value, error, isLoading, again } = usePolled<Figures>(async (signal) => {
    const [now, benchmark] = await Promise.all([server().performance(signal), look(signal)]);
    return { now, benchmark };
  }, REFRESH_MS);
  const [starting, setStarting] = useState(false);

  /** How the benchmark gets on; none where the server was started anew and knows it no more. */
  async function look(signal: AbortSignal): Promise<Benchmark | null> {
    if (running.current === undefined) {
      return null;
    }
    try {
      return await server().benchmark(running.current, signal);
    } catch (reason) {
      if (reason instanceof ServerRefusal && reason.status === 404) {
        running.current = undefined;
        return null;
      }
      throw reason;
    }
  }

  async function run(): Promise<void> {
    setStarting(true);
    try {
      running.current = (await server().startBenchmark()).id;
      await showToast({ style: Toast.Style.Success, title: "Benchmark Started", message: "about three minutes" });
      again();
    } catch (reason) {
      await showFailure(reason);
    } finally {
      setStarting(false);
    }
  }

  if (error !== undefined) {
    return <FailurePage error={error} again={again} />;
  }
  return (
    <Detail
      isLoading={isLoading || starting}
      markdown={value === undefined ? "" : performanceMarkdown(value.now, value.benchmark)}
      metadata={value === undefined ? undefined : <Facts now={value.now} />}
      actions={
        <ActionPanel>
          <Action title="Run Benchmark" icon={Icon.Gauge} onAction={run} />
          <Action.OpenInBrowser title="Open the Server's Page" url={server().page} />
          {value !== undefined && (
            <Action.CopyToClipboard title="Copy Figures as JSON" content={JSON.stringify(value.now, null, 2)} />
          )}
        </ActionPanel>
      }
    />
  );
}

function Facts({ now }: { now: Performance }) {
  return (
    <Detail.Metadata>
      {performanceFacts(now).map(([title, text]) => (
        <Detail.Metadata.Label key={title} title={title} text={text} />
      ))}
    </Detail.Metadata>
  );
}
