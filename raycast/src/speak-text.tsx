import { Action, ActionPanel, Form, Icon, popToRoot } from "@raycast/api";
import { useEffect, useState } from "react";

import { Policy } from "./daemon/messages";
import { preferences, prepareDefaultVoice, server, speechDefaults } from "./preferences";
import { LANGUAGES } from "./server/languages";
import { outcomeMessage } from "./speech/controls";
import { speak } from "./speech/speak";
import { HelpActions } from "./view/help";
import { runInView } from "./view/commands";
import { usePolled } from "./view/use-polled";

interface Values {
  text: string;
  voice: string;
  lang: string;
  speed: string;
  when: Policy;
}

export const SPEECH_SPEEDS = ["0.5", "0.75", "1", "1.25", "1.5", "1.75", "2"];

/** A form: a text, and how it is to be spoken. Raycast keeps no draft of it. */
export default function SpeakText() {
  const { value: voices, error, isLoading, again } = usePolled((signal) => server().voices(signal), null);
  const [problem, setProblem] = useState<string>();
  const { speed, when } = preferences();
  useEffect(() => void prepareDefaultVoice(), []);

  function prepare(voice: string): void {
    void (voice === "" ? prepareDefaultVoice() : server().prepare(voice));
  }

  async function submit(values: Values): Promise<void> {
    if (values.text.trim() === "") {
      setProblem("There is no text");
      return;
    }
    const defaults = await speechDefaults();
    const request = {
      ...defaults,
      text: values.text,
      voice: values.voice || defaults.voice,
      lang: values.lang || undefined,
      speed: Number(values.speed),
      policy: values.when,
    };
    if (await runInView(async (daemon) => outcomeMessage(await speak(daemon, request), null))) {
      await popToRoot();
    }
  }

  const actions =
    error === undefined ? (
      <ActionPanel>
        <Action.SubmitForm<Values> title="Speak" icon={Icon.SpeakerOn} onSubmit={submit} />
      </ActionPanel>
    ) : (
      <HelpActions error={error} again={again} />
    );

  return (
    <Form isLoading={isLoading} actions={actions}>
      {error !== undefined && (
        <Form.Description
          title={error.title}
          text={error.command === undefined ? error.message : `${error.message} Type: ${error.command}`}
        />
      )}
      <Form.TextArea id="text" title="Text" error={problem} onChange={() => setProblem(undefined)} autoFocus />
      <Form.Dropdown id="voice" title="Voice" onChange={prepare}>
        <Form.Dropdown.Item value="" title="Default" />
        {(voices ?? []).map((voice) => (
          <Form.Dropdown.Item key={voice.id} value={voice.id} title={voice.id} />
        ))}
      </Form.Dropdown>
      <Form.Dropdown id="lang" title="Language">
        <Form.Dropdown.Item value="" title="The Voice's" />
        {Object.entries(LANGUAGES).map(([code, { name }]) => (
          <Form.Dropdown.Item key={code} value={code} title={name} />
        ))}
      </Form.Dropdown>
      <Form.Dropdown id="speed" title="Speed" defaultValue={speed}>
        {SPEECH_SPEEDS.map((factor) => (
          <Form.Dropdown.Item key={factor} value={factor} title={`${factor}×`} />
        ))}
      </Form.Dropdown>
      <Form.Dropdown id="when" title="When" defaultValue={when}>
        <Form.Dropdown.Item value="interrupt" title="Now" />
        <Form.Dropdown.Item value="queue" title="After What Is Playing" />
      </Form.Dropdown>
    </Form>
  );
}
