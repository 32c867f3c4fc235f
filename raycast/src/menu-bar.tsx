import { Clipboard, Icon, launchCommand, LaunchType, MenuBarExtra, showHUD } from "@raycast/api";
import { useEffect, useState } from "react";

import { DaemonClient, withDaemon } from "./daemon/daemon-client";
import { describeError } from "./errors";
import { server, socket } from "./preferences";
import { back, changeSpeed, pauseOrResume, skip, stop } from "./speech/controls";
import { runCommand } from "./view/commands";
import { timeOfDay } from "./view/figures";
import { MenuBarState, menuBarState } from "./view/menu-bar-state";

const FACES: Record<MenuBarState["face"], Icon> = {
  idle: Icon.SpeakerOff,
  speaking: Icon.SpeakerHigh,
  paused: Icon.Pause,
  missing: Icon.Warning,
};

/**
 * The state at a glance. Raycast runs it when it is opened and once a minute, and the other commands
 * have it run after what they did: it cannot follow speech by the second.
 */
export default function MenuBar() {
  const [state, setState] = useState<MenuBarState>();

  useEffect(() => {
    void loadState().then(setState);
  }, []);

  return (
    <MenuBarExtra
      icon={FACES[state?.face ?? "idle"]}
      title={state?.title}
      tooltip="Onset"
      isLoading={state === undefined}
    >
      <MenuBarExtra.Section>
        {state?.lines.map((line) => (
          <MenuBarExtra.Item key={line} title={line} />
        ))}
      </MenuBarExtra.Section>
      {state !== undefined && state.commands.length > 0 && (
        <MenuBarExtra.Section title="Type in a Terminal">
          {state.commands.map((command) => (
            <MenuBarExtra.Item key={command} title={command} icon={Icon.Terminal} onAction={() => copy(command)} />
          ))}
        </MenuBarExtra.Section>
      )}
      <MenuBarExtra.Section>
        {CONTROLS.map(({ title, icon, work }) => (
          <MenuBarExtra.Item key={title} title={title} icon={icon} onAction={() => runCommand(work)} />
        ))}
      </MenuBarExtra.Section>
      <MenuBarExtra.Section>
        <MenuBarExtra.Item title="Performance…" icon={Icon.LineChart} onAction={() => open("performance")} />
        <MenuBarExtra.Item title="Queue…" icon={Icon.List} onAction={() => open("queue")} />
        <MenuBarExtra.Item title={`Updated ${timeOfDay(new Date())}`} />
      </MenuBarExtra.Section>
    </MenuBarExtra>
  );
}

const CONTROLS: { title: string; icon: Icon; work: (daemon: DaemonClient) => Promise<string> }[] = [
  { title: "Pause or Resume", icon: Icon.Pause, work: pauseOrResume },
  { title: "Stop", icon: Icon.Stop, work: stop },
  { title: "Skip", icon: Icon.Forward, work: skip },
  { title: "Back a Sentence", icon: Icon.Rewind, work: back },
  { title: "Faster", icon: Icon.Plus, work: (daemon) => changeSpeed(daemon, 1) },
  { title: "Slower", icon: Icon.Minus, work: (daemon) => changeSpeed(daemon, -1) },
];

async function loadState(): Promise<MenuBarState> {
  const [report, performance] = await Promise.all([
    withDaemon(socket(), (daemon) => daemon.control("status")).catch(describeError),
    server().performance().catch(describeError),
  ]);
  return menuBarState(report, performance);
}

async function copy(command: string): Promise<void> {
  await Clipboard.copy(command);
  await showHUD(`Copied: ${command}`);
}

async function open(name: string): Promise<void> {
  await launchCommand({ name, type: LaunchType.UserInitiated });
}
