import { speechDefaults } from "./preferences";
import { outcomeMessage, stop } from "./speech/controls";
import { speak, speaksForUs } from "./speech/speak";
import { selectionOrClipboard } from "./speech/texts";
import { runCommand } from "./view/commands";

/** Speaks what is selected, else the clipboard. Asked again while it speaks, it stops. */
export default async function Command(): Promise<void> {
  await runCommand(async (daemon) => {
    if (await speaksForUs(daemon)) {
      return await stop(daemon);
    }
    const { text, from } = await selectionOrClipboard();
    const outcome = await speak(daemon, { text, ...(await speechDefaults()) });
    return outcomeMessage(outcome, from);
  });
}
