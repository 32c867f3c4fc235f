import { Voice } from "./figures";

/** Names of the languages that Onset reads, and a sentence in each to hear a voice by. */
export const LANGUAGES: Record<string, { name: string; sample: string }> = {
  "en-us": { name: "American English", sample: "This is how I sound when I read to you." },
  "en-gb": { name: "British English", sample: "This is how I sound when I read to you." },
  es: { name: "Spanish", sample: "Así sueno cuando te leo en voz alta." },
  fr: { name: "French", sample: "Voici ma voix quand je vous lis un texte." },
  hi: { name: "Hindi", sample: "जब मैं पढ़ती हूँ तो मेरी आवाज़ ऐसी है।" },
  it: { name: "Italian", sample: "Ecco la mia voce quando leggo per te." },
  ja: { name: "Japanese", sample: "これが私の声です。" },
  "pt-br": { name: "Brazilian Portuguese", sample: "É assim que eu soo quando leio para você." },
  zh: { name: "Mandarin Chinese", sample: "这就是我朗读的声音。" },
};

export function languageName(lang: string | null): string {
  return lang === null ? "Other" : (LANGUAGES[lang]?.name ?? lang);
}

/** A sentence in the language of a voice; English where that is not known. */
export function sampleSentence(lang: string | null): string {
  return (LANGUAGES[lang ?? "en-us"] ?? LANGUAGES["en-us"]).sample;
}

/** Voices by language, in the order of LANGUAGES; languages that are not in it come last. */
export function byLanguage(voices: Voice[]): [string, Voice[]][] {
  const groups = new Map<string, Voice[]>(Object.values(LANGUAGES).map(({ name }) => [name, []]));
  for (const voice of voices) {
    const name = languageName(voice.lang);
    groups.set(name, [...(groups.get(name) ?? []), voice]);
  }
  return [...groups].filter(([, group]) => group.length > 0);
}

/** A mix as the server reads it: `af_heart(2)+am_michael(1)`. */
export function mix(parts: { voice: string; weight: number }[]): string {
  return parts.map(({ voice, weight }) => `${voice}(${weight})`).join("+");
}
