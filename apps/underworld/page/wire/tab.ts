/** What this tab remembers over a reload. All of it goes when the tab closes; only language and light stay in the browser. */
import type { Card } from '../../shared/wire.js';
import type { Pending, Settings, State } from '../state/state.js';
import { languageFor } from '../words/language.js';

/** What was not sent. Of a picture the bytes lie on the shelf. */
export type Unsent = Pick<Pending, 'key' | 'text' | 'once' | 'picture'>;

/** The part of the state that outlives a reload. */
export interface Remembered {
  readonly stations: readonly string[];
  readonly unsent: Readonly<Record<string, readonly Unsent[]>>;
  readonly muted: Readonly<Record<string, Card>>;
  readonly drafts: Readonly<Record<string, string>>;
}

/** The ticket of this tab: a random number that nobody else knows. A new one is a new person. */
export function ticketOfTab(isNew = false): string {
  const known = read(sessionStorage, 'ticket');
  if (typeof known === 'string' && !isNew) return known;
  const ticket = randomHex(16);
  write(sessionStorage, 'ticket', ticket);
  return ticket;
}

/** Tells this tab from others in the same browser; nobody else hears of it. */
export function nameOfTab(): string {
  const known = read(sessionStorage, 'tab');
  if (typeof known === 'string') return known;
  const name = randomHex(16);
  write(sessionStorage, 'tab', name);
  return name;
}

/** Which of its names this tab wears. */
export function turnOfTab(): number {
  const turn = read(sessionStorage, 'turn');
  return typeof turn === 'number' ? turn : 0;
}

/** Remembers which name is worn. */
export function rememberTurn(turn: number): void {
  write(sessionStorage, 'turn', turn);
}

/** What the tab knew before a reload. */
export function remembered(): Remembered {
  const known = read(sessionStorage, 'state');
  const blank = { stations: [], unsent: {}, muted: {}, drafts: {} };
  return typeof known === 'object' && known !== null ? { ...blank, ...known } : blank;
}

/** Remembers what a reload must not lose. */
export function remember(state: State): void {
  const places = Object.values(state.places);
  const unsent = places
    .map(({ id, pending }) => [id, pending.filter(isKept).map(unsentOf)] as const)
    .filter(([, list]) => list.length > 0);
  const kept: Remembered = {
    stations: places.filter((place) => !place.isRide).map((place) => place.id),
    unsent: Object.fromEntries(unsent),
    muted: state.muted,
    drafts: state.drafts,
  };
  write(sessionStorage, 'state', kept);
}

function isKept({ picture }: Pending): boolean {
  return !picture || picture.isShelved === true;
}

function unsentOf({ key, text, once, picture }: Pending): Unsent {
  // Its address goes with the page.
  return picture ? { key, text, once, picture: { ...picture, url: '' } } : { key, text, once };
}

/** Forgets all about the person in this tab. */
export function forgetTab(): void {
  for (const name of ['ticket', 'turn', 'state']) sessionStorage.removeItem(PREFIX + name);
}

/** Language and light, as chosen before or as the system asks for. */
export function settingsOfBrowser(): Settings {
  const language = read(localStorage, 'language');
  const theme = read(localStorage, 'theme');
  return {
    language: language === 'ko' || language === 'en' ? language : languageFor(navigator.languages),
    theme: theme === 'light' || theme === 'dark' ? theme : 'auto',
  };
}

/** Remembers language and light, once they were chosen. */
export function rememberSettings(settings: Settings): void {
  write(localStorage, 'language', settings.language);
  write(localStorage, 'theme', settings.theme);
}

/** Random hexadecimal digits, two for each byte. */
export function randomHex(bytes: number): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  );
}

// A browser may refuse storage altogether; the chat then works as well, and a reload makes a new person.
function read(storage: Storage, name: string): unknown {
  try {
    return JSON.parse(storage.getItem(PREFIX + name) ?? 'null');
  } catch {
    return undefined;
  }
}

function write(storage: Storage, name: string, value: unknown): void {
  try {
    storage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // Full or forbidden: nothing is remembered, and nothing else depends on it.
  }
}

const PREFIX = 'underworld.';
