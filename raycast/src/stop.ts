import { stop } from "./speech/controls";
import { runCommand } from "./view/commands";

export default async function Command(): Promise<void> {
  await runCommand(stop);
}
