import { Clipboard, getSelectedText } from "@raycast/api";

import { NothingToSpeak } from "../errors";

/** A text and where it was. It lives in memory until it is handed to the daemon, and nowhere else. */
export interface FoundText {
  text: string;
  from: "selection" | "clipboard";
}

/** The selected text, else the clipboard's. Throws NothingToSpeak. */
export async function selectionOrClipboard(): Promise<FoundText> {
  const selected = await selection();
  if (selected !== null) {
    return { text: selected, from: "selection" };
  }
  const copied = await clipboard();
  if (copied === null) {
    throw new NothingToSpeak("Nothing is selected, and there is no text on the clipboard.");
  }
  return { text: copied, from: "clipboard" };
}

/** The clipboard's text. Throws NothingToSpeak. */
export async function clipboardText(): Promise<FoundText> {
  const copied = await clipboard();
  if (copied === null) {
    throw new NothingToSpeak("There is no text on the clipboard.");
  }
  return { text: copied, from: "clipboard" };
}

/** What is selected in the frontmost application. Raycast throws where nothing is. */
async function selection(): Promise<string | null> {
  try {
    return something(await getSelectedText());
  } catch {
    return null;
  }
}

async function clipboard(): Promise<string | null> {
  return something(await Clipboard.readText());
}

function something(text: string | undefined): string | null {
  return text !== undefined && text.trim() !== "" ? text : null;
}
