/**
 * What can go wrong, each as an error of its own, and what a person is told of it.
 *
 * A descriptor is data: a view shows it as an empty state, a command as a toast. It names the
 * command that helps, if there is one. No message holds the text that was to be spoken.
 */

/** Nobody listens on the daemon's socket. */
export class DaemonMissing extends Error {
  override name = "DaemonMissing";
}

/** The daemon is there but does not answer, or has left. */
export class DaemonGone extends Error {
  override name = "DaemonGone";
}

/** The socket belongs to somebody else. */
export class DaemonForbidden extends Error {
  override name = "DaemonForbidden";
}

/** The daemon's ERROR. `code` is for machines. */
export class DaemonRefusal extends Error {
  override name = "DaemonRefusal";

  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** Nobody listens at the server's address. */
export class ServerMissing extends Error {
  override name = "ServerMissing";
}

/** The server did not answer in time. */
export class ServerSilent extends Error {
  override name = "ServerSilent";
}

/** The server's refusal, with its HTTP status and message. */
export class ServerRefusal extends Error {
  override name = "ServerRefusal";

  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** The daemon could not fetch the speech. The status is null where there was no answer. */
export class SpeechFailed extends Error {
  override name = "SpeechFailed";

  constructor(
    readonly status: number | null,
    message: string,
  ) {
    super(message);
  }
}

/** Neither a selection nor a text on the clipboard. */
export class NothingToSpeak extends Error {
  override name = "NothingToSpeak";
}

export type ErrorKind =
  | "daemon-missing"
  | "daemon-gone"
  | "daemon-forbidden"
  | "daemon-refusal"
  | "server-missing"
  | "server-silent"
  | "server-loading"
  | "server-key"
  | "server-name"
  | "server-full"
  | "server-refusal"
  | "nothing-to-speak"
  | "unexpected";

/** `command`: what to type in a terminal. `preferences`: whether the extension's settings help. */
export interface ErrorDescriptor {
  kind: ErrorKind;
  title: string;
  message: string;
  command?: string;
  preferences?: boolean;
}

export const START_SERVER = "onset serve";
export const START_DAEMON = "onset service install";
export const CHECK = "onset doctor";

/** What a person is told of an error, whatever it is. */
export function describeError(error: unknown): ErrorDescriptor {
  if (error instanceof ServerRefusal || (error instanceof SpeechFailed && error.status !== null)) {
    return describeStatus(error.status ?? 0, error.message);
  }
  if (error instanceof Error && error.name in DESCRIPTORS) {
    return { message: error.message, ...DESCRIPTORS[error.name] } as ErrorDescriptor;
  }
  const message = error instanceof Error ? error.message : String(error);
  return { kind: "unexpected", title: "That Did Not Work", message };
}

const DESCRIPTORS: Record<string, Omit<ErrorDescriptor, "message"> & { message?: string }> = {
  DaemonMissing: {
    kind: "daemon-missing",
    title: "Playback Daemon Not Running",
    message: "Onset speaks through its playback daemon. This starts it now and at every login.",
    command: START_DAEMON,
  },
  DaemonGone: { kind: "daemon-gone", title: "Playback Daemon Does Not Answer", command: START_DAEMON },
  DaemonForbidden: { kind: "daemon-forbidden", title: "Playback Daemon of Another User", preferences: true },
  DaemonRefusal: { kind: "daemon-refusal", title: "Playback Daemon Refused" },
  FrameError: { kind: "daemon-refusal", title: "Playback Daemon Not Understood" },
  ServerMissing: {
    kind: "server-missing",
    title: "Onset Server Not Running",
    command: START_SERVER,
    preferences: true,
  },
  ServerSilent: { kind: "server-silent", title: "Onset Server Does Not Answer", command: CHECK },
  SpeechFailed: { kind: "server-silent", title: "Speech Failed", command: CHECK },
  NothingToSpeak: { kind: "nothing-to-speak", title: "Nothing to Speak" },
};

function describeStatus(status: number, message: string): ErrorDescriptor {
  switch (status) {
    case 401:
      return { kind: "server-key", title: "API Key Missing or Wrong", message, preferences: true };
    case 403:
      return { kind: "server-name", title: "Server Not Known by That Name", message, preferences: true };
    case 429:
      return { kind: "server-full", title: "Server Is Full", message };
    case 503:
      return { kind: "server-loading", title: "Server Not Ready", message };
    default:
      return { kind: "server-refusal", title: `Server Refused (${status})`, message };
  }
}
