import { Action, ActionPanel, Color, Icon, Keyboard, List } from "@raycast/api";

import { DaemonClient, withDaemon } from "./daemon/daemon-client";
import { QueueItem, Report } from "./daemon/messages";
import { socket } from "./preferences";
import { back, changeSpeed, NOTHING, pauseOrResume, replay, skip, stop } from "./speech/controls";
import { runInView } from "./view/commands";
import { clock } from "./view/figures";
import { EmptyFailure } from "./view/help";
import { usePolled } from "./view/use-polled";

const REFRESH_MS = 1000;

/** What is spoken and what waits, whoever asked for it. The daemon tells no texts. */
export default function Queue() {
  const { value, error, isLoading, again } = usePolled(
    () => withDaemon(socket(), (daemon) => daemon.control("status")),
    REFRESH_MS,
  );
  const empty = value !== undefined && value.playing === null && value.waiting.length === 0;
  return (
    <List isLoading={isLoading} searchBarPlaceholder="Search callers">
      {error !== undefined && <EmptyFailure error={error} again={again} />}
      {empty && (
        <List.EmptyView
          icon={Icon.SpeakerOff}
          title={NOTHING}
          description={`Device: ${value.device ?? "closed"}, speed ${value.speed}×`}
          actions={<Controls again={again} />}
        />
      )}
      {value?.playing && (
        <List.Section title={value.state === "paused" ? "Paused" : "Playing"}>
          <Row item={value.playing} report={value} again={again} />
        </List.Section>
      )}
      {value !== undefined && value.waiting.length > 0 && (
        <List.Section title="Waiting" subtitle={String(value.waiting.length)}>
          {value.waiting.map((item, index) => (
            <Row key={index} item={item} index={index} again={again} />
          ))}
        </List.Section>
      )}
    </List>
  );
}

interface RowProps {
  item: QueueItem;
  /** Place among those that wait. */
  index?: number;
  /** Of what is playing. */
  report?: Report;
  again: () => void;
}

function Row({ item, index, report, again }: RowProps) {
  const marks: List.Item.Accessory[] = [{ text: progress(item) }];
  if (report !== undefined && report.speed !== 1) {
    marks.unshift({ tag: `${report.speed}×` });
  }
  if ((item.dry_s ?? 0) > 0) {
    marks.unshift({ tag: { value: "waits for the server", color: Color.Orange } });
  }
  const icon = report === undefined ? Icon.Clock : report.state === "paused" ? Icon.Pause : Icon.SpeakerOn;
  return (
    <List.Item
      icon={icon}
      title={item.caller || "a caller without a name"}
      subtitle={index === undefined ? (report?.device ?? undefined) : `${index + 1}.`}
      accessories={marks}
      actions={<Controls again={again} />}
    />
  );
}

/** Heard of what there is; with a plus while more is coming. */
export function progress({ position_s, received_s, length_s }: QueueItem): string {
  return `${clock(position_s)} of ${clock(length_s ?? received_s)}${length_s === null ? "+" : ""}`;
}

interface ControlProps {
  title: string;
  icon: Icon;
  shortcut?: Keyboard.Shortcut;
  work: (daemon: DaemonClient) => Promise<string>;
}

const CONTROLS: ControlProps[] = [
  { title: "Pause or Resume", icon: Icon.Pause, work: pauseOrResume },
  { title: "Stop All", icon: Icon.Stop, work: stop },
  { title: "Skip", icon: Icon.Forward, shortcut: { modifiers: ["cmd"], key: "arrowRight" }, work: skip },
  { title: "Back a Sentence", icon: Icon.Rewind, shortcut: { modifiers: ["cmd"], key: "arrowLeft" }, work: back },
  { title: "Replay", icon: Icon.Repeat, shortcut: { modifiers: ["cmd"], key: "r" }, work: replay },
  {
    title: "Faster",
    icon: Icon.Plus,
    shortcut: { modifiers: ["cmd"], key: "+" },
    work: (daemon) => changeSpeed(daemon, 1),
  },
  {
    title: "Slower",
    icon: Icon.Minus,
    shortcut: { modifiers: ["cmd"], key: "-" },
    work: (daemon) => changeSpeed(daemon, -1),
  },
];

function Controls({ again }: { again: () => void }) {
  return (
    <ActionPanel>
      {CONTROLS.map(({ title, icon, shortcut, work }) => (
        <Action
          key={title}
          title={title}
          icon={icon}
          shortcut={shortcut}
          onAction={() => void runInView(work).then(again)}
        />
      ))}
    </ActionPanel>
  );
}
