/** The memory of this tab across a reload. It ends when the tab closes. Only the language and the theme stay in the browser. */
import type { Settings } from '../state/state.js';
import { languageFor } from '../words/language.js';

/** The ticket of this tab: a random number that nobody else knows. A new one is a new person. */
export function ticketOfTab(): string {
  return secretOf('ticket');
}

/** The key of the broadcasts of this tab. A page that was reloaded goes on with its broadcast. */
export function keyOfTab(): string {
  return secretOf('key');
}

/** The key for a program, whose broadcast is not that of the page. */
export function programKeyOfTab(): string {
  return secretOf('program');
}

/** Makes another key for the program, because the present one is known to somebody. */
export function forgetProgramKey(): void {
  write('tab', 'program', null);
}

/** The language and the theme that were chosen earlier, or those of the system. */
export function settingsOfBrowser(): Settings {
  const language = read('browser', 'language');
  const theme = read('browser', 'theme');
  return {
    language: language === 'ko' || language === 'en' ? language : languageFor(navigator.languages),
    theme: theme === 'light' || theme === 'dark' ? theme : 'auto',
  };
}

/** Remembers the chosen language and theme. */
export function rememberSettings(settings: Settings): void {
  write('browser', 'language', settings.language);
  write('browser', 'theme', settings.theme);
}

/** Random hexadecimal digits, two for each byte. */
export function randomHex(bytes: number): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  );
}

function secretOf(name: string): string {
  const known = read('tab', name);
  if (typeof known === 'string') return known;
  const secret = randomHex(16);
  write('tab', name, secret);
  return secret;
}

type Keeper = 'tab' | 'browser';

function storageOf(keeper: Keeper): Storage {
  // Reading the property may throw where a browser forbids storage.
  return keeper === 'tab' ? sessionStorage : localStorage;
}

// A browser may refuse all storage. The page works without it, and a reload makes a new person.
function read(keeper: Keeper, name: string): unknown {
  try {
    return JSON.parse(refused.get(name) ?? storageOf(keeper).getItem(PREFIX + name) ?? 'null');
  } catch {
    return undefined;
  }
}

function write(keeper: Keeper, name: string, value: unknown): void {
  const text = JSON.stringify(value);
  try {
    storageOf(keeper).setItem(PREFIX + name, text);
    refused.delete(name);
  } catch {
    // The storage is full or forbidden. The value is remembered until a reload.
    refused.set(name, text);
  }
}

/** Values that the browser refused to store. Invariant: names of both storages differ. */
const refused = new Map<string, string>();

const PREFIX = 'live.';
