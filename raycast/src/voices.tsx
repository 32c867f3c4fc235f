import { Action, ActionPanel, Color, Form, Icon, Keyboard, List, showToast, Toast, useNavigation } from "@raycast/api";

import { defaultVoice, prepareDefaultVoice, server, setDefaultVoice, speechDefaults } from "./preferences";
import { Voice } from "./server/figures";
import { byLanguage, mix, sampleSentence } from "./server/languages";
import { speak } from "./speech/speak";
import { runInView } from "./view/commands";
import { EmptyFailure } from "./view/help";
import { usePolled } from "./view/use-polled";

/** All voices, by language: hear one, mix two, and make one the default. */
export default function Voices() {
  const { value, error, isLoading, again } = usePolled(async (signal) => {
    const [voices, chosen] = await Promise.all([server().voices(signal), defaultVoice()]);
    return { voices, chosen };
  }, null);

  return (
    <List isLoading={isLoading} searchBarPlaceholder="Search by name, language or gender">
      {error !== undefined && <EmptyFailure error={error} again={again} />}
      {value?.chosen !== undefined && !value.voices.some((voice) => voice.id === value.chosen) && (
        <List.Section title="Default">
          <MixItem name={value.chosen} again={again} />
        </List.Section>
      )}
      {byLanguage(value?.voices ?? []).map(([language, voices]) => (
        <List.Section key={language} title={language} subtitle={String(voices.length)}>
          {voices.map((voice) => (
            <List.Item
              key={voice.id}
              icon={{ source: voice.gender === "male" ? Icon.Male : Icon.Female }}
              title={voice.name ?? voice.id}
              subtitle={voice.id}
              keywords={[voice.id, language, voice.gender ?? "", ...voice.aliases]}
              accessories={accessories(voice, value?.chosen)}
              actions={<VoiceActions voice={voice} voices={value?.voices ?? []} again={again} />}
            />
          ))}
        </List.Section>
      ))}
    </List>
  );
}

function accessories(voice: Voice, chosen: string | undefined): List.Item.Accessory[] {
  const marks: List.Item.Accessory[] = [];
  if (voice.id === chosen) {
    marks.push({ tag: { value: "default", color: Color.Green } });
  }
  if (voice.decode !== null) {
    const tooltip =
      voice.decode === "streaming" ? "Begins before a sentence is made" : "Begins after a sentence is made";
    marks.push({ text: voice.decode, tooltip });
  }
  return marks;
}

interface ActionsProps {
  voice: Voice;
  voices: Voice[];
  again: () => void;
}

function VoiceActions({ voice, voices, again }: ActionsProps) {
  return (
    <ActionPanel>
      <Action title="Hear a Sentence" icon={Icon.SpeakerOn} onAction={() => preview(voice.id, voice.lang)} />
      <Action title="Make Default" icon={Icon.Star} onAction={() => makeDefault(voice.id, again)} />
      <Action.Push
        title="Mix with Another"
        icon={Icon.Shuffle}
        shortcut={{ modifiers: ["cmd"], key: "m" }}
        target={<MixForm voice={voice} voices={voices} again={again} />}
      />
      <Action.CopyToClipboard title="Copy Name" content={voice.id} shortcut={Keyboard.Shortcut.Common.CopyName} />
      <ServerVoiceAction again={again} />
    </ActionPanel>
  );
}

/** The default where it is no voice of the list: a mix. */
function MixItem({ name, again }: { name: string; again: () => void }) {
  return (
    <List.Item
      icon={Icon.Shuffle}
      title={name}
      accessories={[{ tag: { value: "default", color: Color.Green } }]}
      actions={
        <ActionPanel>
          <Action title="Hear a Sentence" icon={Icon.SpeakerOn} onAction={() => preview(name, null)} />
          <ServerVoiceAction again={again} />
        </ActionPanel>
      }
    />
  );
}

function ServerVoiceAction({ again }: { again: () => void }) {
  return <Action title="Use the Server's Default" icon={Icon.Undo} onAction={() => makeDefault(undefined, again)} />;
}

interface MixValues {
  other: string;
  share: string;
}

/** Two voices and their shares. */
function MixForm({ voice, voices, again }: ActionsProps) {
  const { pop } = useNavigation();

  function mixed({ other, share }: MixValues): string {
    const weight = Number(share);
    return mix([
      { voice: voice.id, weight },
      { voice: other, weight: 100 - weight },
    ]);
  }

  async function choose(values: MixValues): Promise<void> {
    await makeDefault(mixed(values), again);
    pop();
  }

  return (
    <Form
      navigationTitle={`Mix ${voice.id}`}
      actions={
        <ActionPanel>
          <Action.SubmitForm<MixValues>
            title="Hear a Sentence"
            icon={Icon.SpeakerOn}
            onSubmit={(values) => preview(mixed(values), voice.lang)}
          />
          <Action.SubmitForm<MixValues> title="Make Default" icon={Icon.Star} onSubmit={choose} />
        </ActionPanel>
      }
    >
      <Form.Description title="Voice" text={voice.id} />
      <Form.Dropdown id="share" title="Its Share" defaultValue="50">
        {["90", "75", "67", "50", "33", "25", "10"].map((percent) => (
          <Form.Dropdown.Item key={percent} value={percent} title={`${percent} %`} />
        ))}
      </Form.Dropdown>
      <Form.Dropdown id="other" title="The Other Voice">
        {voices
          .filter((other) => other.id !== voice.id)
          .map((other) => (
            <Form.Dropdown.Item key={other.id} value={other.id} title={other.id} />
          ))}
      </Form.Dropdown>
    </Form>
  );
}

/** Speak a sentence with a voice now, whatever is playing. */
async function preview(voice: string, lang: string | null): Promise<void> {
  await runInView(async (daemon) => {
    const request = { ...(await speechDefaults()), text: sampleSentence(lang), voice, policy: "interrupt" as const };
    await speak(daemon, request);
    return voice;
  });
}

async function makeDefault(voice: string | undefined, again: () => void): Promise<void> {
  await setDefaultVoice(voice);
  void prepareDefaultVoice();
  await showToast({ style: Toast.Style.Success, title: "Default Voice", message: voice ?? "the server's" });
  again();
}
