/** The memory of this tab across a reload. It ends when the tab closes. Only the language and the theme stay in the browser. */
import type { Card } from '../../shared/protocol.js';
import type { Pending, Settings, State } from '../state/state.js';
import { languageFor } from '../words/language.js';

/** A message that was not sent. The bytes of a picture are on the shelf. */
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
  const known = read('tab', 'ticket');
  if (typeof known === 'string' && !isNew) return known;
  const ticket = randomHex(16);
  write('tab', 'ticket', ticket);
  return ticket;
}

/** A name that tells this tab from others in the same browser. It is never sent. */
export function nameOfTab(): string {
  const known = read('tab', 'tab');
  if (typeof known === 'string') return known;
  const name = randomHex(16);
  write('tab', 'tab', name);
  return name;
}

/** The number of this tab's name among the names of its ticket. */
export function turnOfTab(): number {
  const turn = read('tab', 'turn');
  return typeof turn === 'number' ? turn : 0;
}

/** Remembers the number of the name. */
export function rememberTurn(turn: number): void {
  write('tab', 'turn', turn);
}

/** The memory of the tab before a reload. Parts that another version of the page wrote are used as far as they have the right shape. */
export function remembered(): Remembered {
  const { stations, unsent, muted, drafts } = fieldsOf(read('tab', 'state'));
  const lists = Object.entries(fieldsOf(unsent)).map(([id, list]) => [id, listOf(list).filter(isUnsent)] as const);
  return {
    stations: listOf(stations).filter(isText),
    unsent: Object.fromEntries(lists.filter(([, list]) => list.length > 0)),
    muted: those(muted, isCard),
    drafts: those(drafts, isText),
  };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The fields of an object whose values are of one kind. */
function those<T>(value: unknown, isKind: (each: unknown) => each is T): Readonly<Record<string, T>> {
  const entries = Object.entries(fieldsOf(value)).flatMap(([name, each]) =>
    isKind(each) ? [[name, each] as const] : [],
  );
  return Object.fromEntries(entries);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isCard(value: unknown): value is Card {
  const { id, name, hue } = fieldsOf(value);
  return isText(id) && listOf(name).length === 3 && listOf(name).every(Number.isInteger) && Number.isInteger(hue);
}

function isUnsent(value: unknown): value is Unsent {
  const { key, text, once, picture } = fieldsOf(value);
  if (![key, text, once].every(isText)) return false;
  if (picture === undefined) return true;
  const { width, height, sent, alt } = fieldsOf(picture);
  return [width, height, sent].every(Number.isFinite) && isText(alt);
}

/** Stores the part of the state that a reload must not lose. */
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
  write('tab', 'state', kept);
}

function isKept({ picture }: Pending): boolean {
  return !picture || picture.isShelved === true;
}

function unsentOf({ key, text, once, picture }: Pending): Unsent {
  // Its address ends with the page.
  return picture ? { key, text, once, picture: { ...picture, url: '' } } : { key, text, once };
}

/** Forgets everything about the person in this tab. */
export function forgetTab(): void {
  for (const name of ['ticket', 'turn', 'state']) write('tab', name, null);
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

type Keeper = 'tab' | 'browser';

function storageOf(keeper: Keeper): Storage {
  // Reading the property may throw where a browser forbids storage.
  return keeper === 'tab' ? sessionStorage : localStorage;
}

// A browser may refuse all storage. The chat works without it, and a reload makes a new person.
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

const PREFIX = 'underworld.';
