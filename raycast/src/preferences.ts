import { getPreferenceValues, LocalStorage } from "@raycast/api";

import { Policy } from "./daemon/messages";
import { socketPath } from "./daemon/socket-path";
import { ServerClient, serverBase } from "./server/server-client";

/** As the manifest declares them; a test holds the two together. */
export interface PreferenceValues {
  serverUrl: string;
  apiKey?: string;
  speed: string;
  when: Policy;
  socketPath?: string;
}

/** Where the default voice is kept: the only thing that the extension stores. */
const VOICE = "voice";

/** Where a server is unless the preferences say otherwise, also by an empty field. */
export const SERVER_URL = "http://127.0.0.1:8880";

export function preferences(): PreferenceValues {
  const values = getPreferenceValues<PreferenceValues>();
  return { ...values, serverUrl: values.serverUrl?.trim() || SERVER_URL };
}

export function server(): ServerClient {
  const { serverUrl, apiKey } = preferences();
  return new ServerClient(serverUrl, apiKey);
}

export function socket(): string {
  return socketPath(preferences().socketPath);
}

/** What every request to speak is made with, unless it says otherwise. */
export async function speechDefaults(): Promise<{
  url: string;
  key?: string;
  voice?: string;
  speed: number;
  policy: Policy;
}> {
  const { serverUrl, apiKey, speed, when } = preferences();
  const voice = await defaultVoice();
  return { url: serverBase(serverUrl), key: apiKey || undefined, voice, speed: Number(speed), policy: when };
}

/** The voice that was made the default; none: the server's. */
export async function defaultVoice(): Promise<string | undefined> {
  return await LocalStorage.getItem<string>(VOICE);
}

export async function setDefaultVoice(voice: string | undefined): Promise<void> {
  if (voice === undefined) {
    await LocalStorage.removeItem(VOICE);
  } else {
    await LocalStorage.setItem(VOICE, voice);
  }
}

/** Say to the server that the default voice will be asked for. */
export async function prepareDefaultVoice(): Promise<void> {
  await server().prepare(await defaultVoice());
}
