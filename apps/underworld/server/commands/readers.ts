/** The checks of everything that clients send. A reader returns a value of the right shape and size, or undefined. */
import { isUtf8 } from 'node:buffer';
import { cleanLine, cleanText, countOf, isBlank } from '../../shared/clean.js';
import { LIMITS } from '../../shared/limits.js';
import { type PictureOffer, REPORT_REASONS, type ReportReason, type Say } from '../../shared/protocol.js';
import { HUES } from '../../shared/words.js';

/** Turns an unknown value into the argument of a command, or undefined. */
export type Reader<A> = (raw: unknown) => A | undefined;

/** For commands without an argument. */
export const readNothing: Reader<object> = () => ({});

/** A ticket: 32 hexadecimal digits that the page made at random. */
export const readTicket: Reader<string> = (raw) =>
  typeof raw === 'string' && /^[0-9a-f]{32}$/.test(raw) ? raw : undefined;

/** A token: any word that a person without a page chose, to come back with. */
export const readToken: Reader<string> = (raw) =>
  typeof raw === 'string' && raw !== '' && raw.length <= TOKEN_MAX ? raw : undefined;

/** The text of a message on a plain wire: text, bytes of text, or the field `text` of JSON or of a form. */
export const readText: Reader<string> = (raw) => {
  const [first, ...more] = Array.isArray(raw) ? raw : [];
  if (more.length > 0) return undefined;
  const text = textIn(first);
  if (text === undefined || text.length > LIMITS.textMax * 4) return undefined;
  const clean = cleanText(text);
  return !isBlank(clean) && countOf(clean) <= LIMITS.textMax ? clean : undefined;
};

/** The turn of a name: its number among the names of a ticket. */
export const readTurn: Reader<{ turn: number }> = (raw) => {
  const turn = field(raw, 'turn');
  return isIndex(turn, TURNS_MAX) ? { turn } : undefined;
};

/** A new station. The stations decide whether its name can be used. */
export const readMake: Reader<{ name: string; hue: number; reopen: boolean }> = (raw) => {
  const name = field(raw, 'name');
  const hue = field(raw, 'hue');
  if (typeof name !== 'string' || name.length > LIMITS.stationNameMax * 8 || !isIndex(hue, HUES)) return undefined;
  return { name, hue, reopen: field(raw, 'reopen') === true };
};

/** A place by its id. */
export const readPlace: Reader<{ id: string }> = (raw) => {
  const id = field(raw, 'id');
  return isId(id) ? { id } : undefined;
};

/** A message: its text is cleaned, not empty and not too long. */
export const readSay: Reader<Say> = (raw) => {
  const place = field(raw, 'place');
  const key = field(raw, 'key');
  const text = field(raw, 'text');
  if (!isId(place) || !isId(key) || typeof text !== 'string' || text.length > LIMITS.textMax * 4) return undefined;
  const clean = cleanText(text);
  return !isBlank(clean) && countOf(clean) <= LIMITS.textMax ? { place, key, text: clean } : undefined;
};

/** A typing mark. */
export const readTyping: Reader<{ place: string; on: boolean }> = (raw) => {
  const place = field(raw, 'place');
  const on = field(raw, 'on');
  return isId(place) && typeof on === 'boolean' ? { place, on } : undefined;
};

/** The offer of a picture. Its size is checked elsewhere, because a picture that is too large gets an answer of its own. */
export const readOffer: Reader<PictureOffer> = (raw) => {
  const place = field(raw, 'place');
  const key = field(raw, 'key');
  const size = field(raw, 'size');
  const width = field(raw, 'width');
  const height = field(raw, 'height');
  const alt = field(raw, 'alt') ?? '';
  const upload = field(raw, 'upload');
  if (upload !== undefined && !isId(upload)) return undefined;
  if (!isId(place) || !isId(key) || !isIndex(size, Number.MAX_SAFE_INTEGER) || size < 16) return undefined;
  if (!isSide(width) || !isSide(height)) return undefined;
  if (typeof alt !== 'string' || alt.length > LIMITS.pictureAltMax * 4) return undefined;
  const clean = cleanLine(alt);
  if (countOf(clean) > LIMITS.pictureAltMax) return undefined;
  return { place, key, size, width, height, alt: clean, ...(upload === undefined ? {} : { upload }) };
};

/** A chunk of a picture. */
export const readChunk: Reader<{ upload: string; at: number; bytes: Uint8Array }> = (raw) => {
  const upload = field(raw, 'upload');
  const at = field(raw, 'at');
  const bytes = field(raw, 'bytes');
  if (!isId(upload) || !isIndex(at, LIMITS.pictureBytesMax)) return undefined;
  if (bytes instanceof Uint8Array) return { upload, at, bytes };
  return bytes instanceof ArrayBuffer ? { upload, at, bytes: new Uint8Array(bytes) } : undefined;
};

/** An upload to drop. */
export const readUpload: Reader<{ upload: string }> = (raw) => {
  const upload = field(raw, 'upload');
  return isId(upload) ? { upload } : undefined;
};

/** A request for a chunk of a picture. */
export const readGet: Reader<{ place: string; id: string; at: number }> = (raw) => {
  const place = field(raw, 'place');
  const id = field(raw, 'id');
  const at = field(raw, 'at');
  return isId(place) && isId(id) && isIndex(at, LIMITS.pictureBytesMax) ? { place, id, at } : undefined;
};

/** The aliases of people whom a rider avoids. */
export const readAvoid: Reader<{ avoid: string[] }> = (raw) => {
  const avoid = field(raw, 'avoid') ?? [];
  if (!Array.isArray(avoid) || avoid.length > LIMITS.avoided) return undefined;
  const ids = avoid.filter(isId);
  return ids.length === avoid.length ? { avoid: ids } : undefined;
};

/** A report. */
export const readReport: Reader<{ who: string; place: string; reason: ReportReason }> = (raw) => {
  const who = field(raw, 'who');
  const place = field(raw, 'place');
  const given = field(raw, 'reason');
  const reason = REPORT_REASONS.find((known) => known === given);
  return isId(who) && isId(place) && reason ? { who, place, reason } : undefined;
};

function textIn(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (value instanceof Uint8Array) return isUtf8(value) ? Buffer.from(value).toString() : undefined;
  const text = field(value, 'text');
  if (typeof text === 'string') return text;
  if (typeof value !== 'object' || value === null) return undefined;
  // `curl -d 'hello'` sends a form with one field, which has a name and an empty value.
  const [[name, content] = [], ...others] = Object.entries(value);
  return name !== undefined && content === '' && others.length === 0 ? name : undefined;
}

function field(raw: unknown, name: string): unknown {
  if (typeof raw !== 'object' || raw === null || !Object.hasOwn(raw, name)) return undefined;
  return Reflect.get(raw, name);
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && /^[\w-]{1,40}$/.test(value);
}

function isIndex(value: unknown, below: number): value is number {
  return Number.isSafeInteger(value) && typeof value === 'number' && value >= 0 && value < below;
}

function isSide(value: unknown): value is number {
  return isIndex(value, LIMITS.pictureSideMax + 1) && value > 0;
}

const TURNS_MAX = 1_000_000;
const TOKEN_MAX = 200;
