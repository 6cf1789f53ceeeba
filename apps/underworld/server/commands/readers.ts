/** The checks of everything that clients send. A reader returns a value of the right shape and size, or undefined. */
import { isUtf8 } from 'node:buffer';
import { cleanMessage, field, isId, isIndex, type Reader, readReason } from 'naru-apps-kit/server/readers.js';
import { cleanLine, countOf } from 'naru-apps-kit/shared/clean.js';
import type { ReportReason } from 'naru-apps-kit/shared/protocol.js';
import { HUES } from 'naru-apps-kit/shared/words.js';
import { LIMITS } from '../../shared/limits.js';
import { type MessageRef, type PictureOffer, REACTION_KINDS, type React, type Say } from '../../shared/protocol.js';

/** A token: any word that a person without a page chose, to come back with. */
export const readToken: Reader<string> = (raw) =>
  typeof raw === 'string' && raw !== '' && raw.length <= TOKEN_MAX ? raw : undefined;

/** The text of a message on a plain wire: text, bytes of text, or the field `text` of JSON or of a form. */
export const readText: Reader<string> = (raw) => {
  const [first, ...more] = Array.isArray(raw) ? raw : [];
  if (more.length > 0) return undefined;
  return cleanMessage(textIn(first), LIMITS.textMax);
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

/** A message: its text is cleaned, not empty and not too long. */
export const readSay: Reader<Say> = (raw) => {
  const place = field(raw, 'place');
  const key = field(raw, 'key');
  const text = cleanMessage(field(raw, 'text'), LIMITS.textMax);
  const to = field(raw, 'to');
  if (!isId(place) || !isId(key) || text === undefined) return undefined;
  if (to === undefined) return { place, key, text };
  return isRef(to) ? { place, key, text, to: { from: to.from, key: to.key } } : undefined;
};

/** A reaction. */
export const readReact: Reader<React> = (raw) => {
  const place = field(raw, 'place');
  const to = field(raw, 'to');
  const on = field(raw, 'on');
  const given = field(raw, 'kind');
  const kind = REACTION_KINDS.find((known) => known === given);
  if (!isId(place) || !isRef(to) || !kind || typeof on !== 'boolean') return undefined;
  return { place, to: { from: to.from, key: to.key }, kind, on };
};

/** A typing mark. */
export const readTyping: Reader<{ place: string; on: boolean }> = (raw) => {
  const place = field(raw, 'place');
  const on = field(raw, 'on');
  return isId(place) && typeof on === 'boolean' ? { place, on } : undefined;
};

/**
 * The offer of a picture. Its size is checked elsewhere, because a picture that is too large gets an answer of its own.
 */
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
  const reason = readReason(raw);
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

function isRef(value: unknown): value is MessageRef {
  return isId(field(value, 'from')) && isId(field(value, 'key'));
}

function isSide(value: unknown): value is number {
  return isIndex(value, LIMITS.pictureSideMax + 1) && value > 0;
}

const TURNS_MAX = 1_000_000;
const TOKEN_MAX = 200;
