import { changeSpeed } from "./speech/controls";
import { runCommand } from "./view/commands";

export default async function Command(): Promise<void> {
  await runCommand((daemon) => changeSpeed(daemon, 1));
}
