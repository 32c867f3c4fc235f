import {
  Clipboard,
  launchCommand,
  LaunchType,
  openExtensionPreferences,
  showHUD,
  showToast,
  Toast,
} from "@raycast/api";

import { DaemonClient, withDaemon } from "../daemon/daemon-client";
import { describeError, ErrorDescriptor } from "../errors";
import { socket } from "../preferences";

/** Do something with the daemon and tell what came of it: the whole of a command without a view. */
export async function runCommand(work: (daemon: DaemonClient) => Promise<string>): Promise<void> {
  try {
    await showHUD(await withDaemon(socket(), work));
  } catch (error) {
    await showFailure(error);
  }
  await refreshMenuBar();
}

/** The same from within a view, which stays open. Returns whether it succeeded. */
export async function runInView(work: (daemon: DaemonClient) => Promise<string>): Promise<boolean> {
  try {
    await showToast({ style: Toast.Style.Success, title: await withDaemon(socket(), work) });
    return true;
  } catch (error) {
    await showFailure(error);
    return false;
  } finally {
    await refreshMenuBar();
  }
}

/** Tell what went wrong, with the command that helps. Without a window Raycast shows it as a HUD. */
export async function showFailure(error: unknown): Promise<void> {
  const { title, message, command, preferences } = describeError(error);
  await showToast({
    style: Toast.Style.Failure,
    title: command === undefined ? title : `${title}: ${command}`,
    message,
    primaryAction:
      command === undefined ? undefined : { title: `Copy “${command}”`, onAction: () => Clipboard.copy(command) },
    secondaryAction:
      preferences === true ? { title: "Open Preferences", onAction: () => openExtensionPreferences() } : undefined,
  });
}

/** Have the menu bar show the new state; it is not there for everybody. */
export async function refreshMenuBar(): Promise<void> {
  try {
    await launchCommand({ name: "menu-bar", type: LaunchType.Background });
  } catch {
    // The menu-bar command was never opened: there is nothing to refresh.
  }
}

/** An error as a page: what is missing, and what to type. */
export function failureMarkdown({ title, message, command }: ErrorDescriptor): string {
  const help = command === undefined ? "" : `\n\nType this in a terminal:\n\n\`\`\`sh\n${command}\n\`\`\``;
  return `# ${title}\n\n${message}${help}`;
}
