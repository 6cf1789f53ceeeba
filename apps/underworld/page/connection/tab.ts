/**
 * The memory of this tab across a reload. It ends when the tab closes. Only the language and the theme stay in the
 * browser.
 */
import { Memory } from 'naru-apps-kit/page/memory.js';
import type { Card, Station } from '../../shared/protocol.js';
import type { Pending, RideState, State } from '../state/state.js';

/** A message or reaction that was not sent. The bytes of a picture are on the shelf. */
export type Unsent = Pick<Pending, 'key' | 'text' | 'once' | 'picture' | 'to' | 'reaction'>;

/** A ride in progress. */
export type Riding = Extract<RideState, { type: 'riding' }>;

/** The part of the state that outlives a reload. A page that opens without a connection shows it. */
export interface Remembered {
  readonly you: Card | undefined;
  readonly map: readonly Station[];
  readonly ride: Riding | undefined;
  readonly stations: readonly string[];
  readonly unsent: Readonly<Record<string, readonly Unsent[]>>;
  readonly muted: Readonly<Record<string, Card>>;
  readonly drafts: Readonly<Record<string, string>>;
}

/** The memory. */
export const memory = new Memory('underworld');

/** The ticket of this tab: a random number that nobody else knows. A new one is a new person. */
export function ticketOfTab(isNew = false): string {
  return isNew ? memory.freshSecret('ticket') : memory.secret('ticket');
}

/** A name that tells this tab from others in the same browser. It is never sent. */
export function nameOfTab(): string {
  return memory.secret('tab');
}

/** The number of this tab's name among the names of its ticket. */
export function turnOfTab(): number {
  const turn = memory.read('tab', 'turn');
  return typeof turn === 'number' ? turn : 0;
}

/** Remembers the number of the name. */
export function rememberTurn(turn: number): void {
  memory.write('tab', 'turn', turn);
}

/**
 * The memory of the tab before a reload. Parts that another version of the page wrote are used as far as they have the
 * right shape.
 */
export function remembered(): Remembered {
  const { you, map, ride, stations, unsent, muted, drafts } = fieldsOf(memory.read('tab', 'state'));
  const lists = Object.entries(fieldsOf(unsent)).map(([id, list]) => [id, listOf(list).filter(isUnsent)] as const);
  return {
    you: isCard(you) ? you : undefined,
    map: listOf(map).filter(isStation),
    ride: isRiding(ride) ? ride : undefined,
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

function isStation(value: unknown): value is Station {
  const { id, name, hue, isPermanent, here } = fieldsOf(value);
  return [id, name].every(isText) && [hue, here].every(Number.isInteger) && typeof isPermanent === 'boolean';
}

function isRiding(value: unknown): value is Riding {
  const { type, id, partner, isPartnerLost, since } = fieldsOf(value);
  return type === 'riding' && isText(id) && isCard(partner) && isPartnerLost === false && Number.isFinite(since);
}

function isUnsent(value: unknown): value is Unsent {
  const { key, text, once, picture, to, reaction } = fieldsOf(value);
  if (![key, text, once].every(isText)) return false;
  if (to !== undefined && ![fieldsOf(to).from, fieldsOf(to).key].every(isText)) return false;
  if (reaction !== undefined && !isText(fieldsOf(fieldsOf(reaction).to).from)) return false;
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
  const { you, stations: map, ride } = state;
  const kept: Remembered = {
    you,
    map,
    ride: ride.type === 'riding' ? { ...ride, isPartnerLost: false } : undefined,
    stations: places.filter((place) => !place.isRide).map((place) => place.id),
    unsent: Object.fromEntries(unsent),
    muted: state.muted,
    drafts: state.drafts,
  };
  memory.write('tab', 'state', kept);
}

function isKept({ picture }: Pending): boolean {
  return !picture || picture.isShelved === true;
}

function unsentOf({ status: _status, problem: _problem, picture, ...written }: Pending): Unsent {
  // The address of a picture ends with the page.
  return { ...written, ...(picture ? { picture: { ...picture, url: '' } } : {}) };
}

/** Forgets everything about the person in this tab. */
export function forgetTab(): void {
  for (const name of ['ticket', 'turn', 'state']) memory.write('tab', name, null);
}
