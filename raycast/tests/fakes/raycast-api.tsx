/**
 * A fake of what the extension uses of `@raycast/api`: components are plain elements that show their
 * actions and metadata as children, and everything that would be shown or kept is in `raycast`.
 */

import { createElement, ReactNode } from "react";

interface ToastOptions {
  style: string;
  title: string;
  message?: string;
  primaryAction?: { title: string; onAction: () => unknown };
  secondaryAction?: { title: string; onAction: () => unknown };
}

function fresh() {
  return {
    selection: undefined as string | undefined,
    clipboard: undefined as string | undefined,
    copied: [] as string[],
    huds: [] as string[],
    toasts: [] as ToastOptions[],
    storage: new Map<string, string>(),
    preferences: { speed: "1", when: "interrupt" } as Record<string, string | undefined>,
    launched: [] as { name: string; type: string }[],
    preferencesOpened: 0,
    hasMenuBar: true,
    pops: 0,
  };
}

export const raycast = fresh();

export function resetRaycast(): void {
  Object.assign(raycast, fresh());
}

export async function getSelectedText(): Promise<string> {
  if (raycast.selection === undefined) {
    throw new Error("Could not get the selected text of the frontmost application");
  }
  return raycast.selection;
}

export const Clipboard = {
  readText: async () => raycast.clipboard,
  copy: async (text: string) => void raycast.copied.push(text),
};

export const LocalStorage = {
  getItem: async (key: string) => raycast.storage.get(key),
  setItem: async (key: string, value: string) => void raycast.storage.set(key, value),
  removeItem: async (key: string) => void raycast.storage.delete(key),
};

export const getPreferenceValues = () => raycast.preferences;
export const openExtensionPreferences = async () => void raycast.preferencesOpened++;
export const showHUD = async (title: string) => void raycast.huds.push(title);
export const popToRoot = async () => void raycast.pops++;
export const useNavigation = () => ({ push: () => undefined, pop: () => void raycast.pops++ });

export const LaunchType = { Background: "background", UserInitiated: "userInitiated" };

export async function launchCommand(options: { name: string; type: string }): Promise<void> {
  if (options.name === "menu-bar" && !raycast.hasMenuBar) {
    throw new Error("The command was never opened");
  }
  raycast.launched.push(options);
}

export const Toast = { Style: { Success: "SUCCESS", Failure: "FAILURE", Animated: "ANIMATED" } };

export async function showToast(options: ToastOptions): Promise<ToastOptions> {
  raycast.toasts.push(options);
  return options;
}

const named = (): Record<string, string> => new Proxy({}, { get: (_, name) => String(name) });

export const Icon = named();
export const Color = named();
export const Keyboard = { Shortcut: { Common: named() } };

type Props = { children?: ReactNode; actions?: ReactNode; metadata?: ReactNode };

function element(name: string) {
  const Fake = ({ children, actions, metadata, ...props }: Props) =>
    createElement(name, props, children, metadata, actions);
  Fake.displayName = name;
  return Fake;
}

export const Detail = Object.assign(element("Detail"), {
  Metadata: Object.assign(element("Metadata"), { Label: element("Label") }),
});
export const List = Object.assign(element("List"), {
  Item: element("Item"),
  Section: element("Section"),
  EmptyView: element("EmptyView"),
});
export const Form = Object.assign(element("Form"), {
  TextArea: element("TextArea"),
  Description: element("Description"),
  Dropdown: Object.assign(element("Dropdown"), { Item: element("DropdownItem") }),
});
export const ActionPanel = element("ActionPanel");
export const Action = Object.assign(element("Action"), {
  CopyToClipboard: element("CopyToClipboard"),
  OpenInBrowser: element("OpenInBrowser"),
  SubmitForm: element("SubmitForm"),
  Push: element("Push"),
});
export const MenuBarExtra = Object.assign(element("MenuBarExtra"), {
  Item: element("MenuItem"),
  Section: element("MenuSection"),
});
