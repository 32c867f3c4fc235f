import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";

/** Where the daemon listens: as preferred, as `ONSET_SOCKET` says, or where Onset puts it by itself. */
export function socketPath(preferred: string | undefined, env: NodeJS.ProcessEnv = process.env): string {
  const told = preferred?.trim() || env.ONSET_SOCKET;
  if (told) {
    return told;
  }
  const session = env.XDG_RUNTIME_DIR;
  const folder = session ? join(session, "onset") : join(tmpdir(), `onset-${userInfo().uid}`);
  return join(folder, "play.sock");
}
