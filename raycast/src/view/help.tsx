import { Action, ActionPanel, Detail, Icon, List, openExtensionPreferences } from "@raycast/api";

import { ErrorDescriptor } from "../errors";
import { failureMarkdown } from "./commands";

interface Props {
  error: ErrorDescriptor;
  again: () => void;
}

/** What a person can do about an error: copy the command that helps, look at the settings, retry. */
export function HelpActions({ error, again }: Props) {
  return (
    <ActionPanel>
      {error.command !== undefined && (
        <Action.CopyToClipboard title={`Copy “${error.command}”`} content={error.command} />
      )}
      <Action title="Try Again" icon={Icon.ArrowClockwise} onAction={again} />
      <Action title="Open Preferences" icon={Icon.Gear} onAction={() => openExtensionPreferences()} />
    </ActionPanel>
  );
}

/** The empty state of a list. */
export function EmptyFailure({ error, again }: Props) {
  const help = error.command === undefined ? "" : ` Type: ${error.command}`;
  return (
    <List.EmptyView
      icon={Icon.Warning}
      title={error.title}
      description={`${error.message}${help}`}
      actions={<HelpActions error={error} again={again} />}
    />
  );
}

/** The same as a page. */
export function FailurePage({ error, again }: Props) {
  return <Detail markdown={failureMarkdown(error)} actions={<HelpActions error={error} again={again} />} />;
}
