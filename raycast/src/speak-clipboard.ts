import { speechDefaults } from "./preferences";
import { outcomeMessage } from "./speech/controls";
import { speak } from "./speech/speak";
import { clipboardText } from "./speech/texts";
import { runCommand } from "./view/commands";

export default async function Command(): Promise<void> {
  await runCommand(async (daemon) => {
    const { text } = await clipboardText();
    return outcomeMessage(await speak(daemon, { text, ...(await speechDefaults()) }), null);
  });
}
