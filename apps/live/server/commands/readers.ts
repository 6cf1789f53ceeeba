/**
 * The checks of everything that clients send, besides frames. A reader returns a value of the right shape and size, or
 * undefined.
 */
import { cleanMessage, field, isId, type Reader, readReason, readSecret } from 'naru-apps-kit/server/readers.js';
import { cleanLine, countOf, isBlank } from 'naru-apps-kit/shared/clean.js';
import type { ReportReason } from 'naru-apps-kit/shared/protocol.js';
import { LIMITS } from '../../shared/limits.js';
import {
  type About,
  QUALITIES,
  type Quality,
  type QualityWish,
  SOURCES,
  type SourceKind,
  WISHES,
} from '../../shared/protocol.js';

/** The wish to go on air. */
export const readStart: Reader<{
  key: string;
  kind: SourceKind;
  qualities: readonly Quality[];
  form: 'frames' | 'webm';
}> = (raw) => {
  const key = readSecret(field(raw, 'key'));
  const kind = SOURCES.find((known) => known === field(raw, 'kind'));
  const given = field(raw, 'qualities');
  const form = field(raw, 'form');
  if (!key || !kind || !Array.isArray(given) || (form !== 'frames' && form !== 'webm')) return undefined;
  const qualities = QUALITIES.filter((quality) => given.includes(quality));
  if (qualities.length !== given.length || !qualities.includes('high')) return undefined;
  // A stream of WebM has one track of pictures.
  return form === 'webm' && qualities.length > 1 ? undefined : { key, kind, qualities, form };
};

/** The words of a broadcaster about a broadcast. The title is one clean line. */
export const readDescribe: Reader<About & { key: string }> = (raw) => {
  const key = readSecret(field(raw, 'key'));
  const [given, isDark] = [field(raw, 'title'), field(raw, 'isDark')];
  if (!key || typeof given !== 'string' || given.length > LIMITS.titleMax * 4 || typeof isDark !== 'boolean')
    return undefined;
  const title = cleanLine(given);
  return countOf(title) <= LIMITS.titleMax ? { key, title: isBlank(title) ? '' : title, isDark } : undefined;
};

/** The key of a broadcast. */
export const readKey: Reader<{ key: string }> = (raw) => {
  const key = readSecret(field(raw, 'key'));
  return key ? { key } : undefined;
};

/** A person to remove. */
export const readKick: Reader<{ key: string; who: string }> = (raw) => {
  const key = readSecret(field(raw, 'key'));
  const who = field(raw, 'who');
  return key && isId(who) ? { key, who } : undefined;
};

/** A moment of a broadcast, in milliseconds of the server's clock. */
export const readMoment: Reader<{ id: string; at: number }> = (raw) => {
  const id = field(raw, 'id');
  const at = readTime(field(raw, 'at'));
  return isId(id) && at !== undefined ? { id, at } : undefined;
};

/** The wish to watch. */
export const readWatch: Reader<{ id: string; wish: QualityWish }> = (raw) => {
  const id = field(raw, 'id');
  const wished = readWish(raw);
  return isId(id) && wished ? { id, wish: wished.wish } : undefined;
};

/** The wish for a quality. */
export const readWish: Reader<{ wish: QualityWish }> = (raw) => {
  const wish = WISHES.find((known) => known === field(raw, 'wish'));
  return wish ? { wish } : undefined;
};

/** A message: its text is cleaned, not empty and not too long. */
export const readSay: Reader<{ id: string; key: string; text: string }> = (raw) => {
  const id = field(raw, 'id');
  const key = field(raw, 'key');
  const text = cleanMessage(field(raw, 'text'), LIMITS.textMax);
  return isId(id) && isId(key) && text !== undefined ? { id, key, text } : undefined;
};

/** A report. */
export const readReport: Reader<{ id: string; who: string; reason: ReportReason }> = (raw) => {
  const id = field(raw, 'id');
  const who = field(raw, 'who');
  const reason = readReason(raw);
  return isId(id) && isId(who) && reason ? { id, who, reason } : undefined;
};

/** The bytes of a frame, or of a part of a stream. Any size that the connection carries. */
export const readBytes: Reader<Uint8Array> = (raw) => {
  if (raw instanceof Uint8Array) return raw;
  return raw instanceof ArrayBuffer ? new Uint8Array(raw) : undefined;
};

/** A time in milliseconds of the server's clock. */
export const readTime: Reader<number> = (raw) => (typeof raw === 'number' && Number.isFinite(raw) ? raw : undefined);
