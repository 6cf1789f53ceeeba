/**
 * Byte strings: their type and the operations on them. They use Node's Buffer where there is one, and web APIs in
 * browsers.
 */
import { ConfigError } from './errors.js';

/** A run of bytes. In Node these are usually Buffers, which are Uint8Arrays. */
export type Bytes = Uint8Array;

/** The methods of Node's Buffer that are used if it exists. Browsers do not have it. */
interface NodeBuffer {
  from(text: string, encoding: 'utf8' | 'latin1' | 'base64'): Bytes;
  from(bytes: ArrayBufferLike, offset: number, size: number): Bytes & { toString(encoding: string): string };
  byteLength(text: string): number;
}

// The build replaces exactly this expression with `undefined` in bundles for browsers.
const nodeBuffer = globalThis.Buffer as unknown as NodeBuffer | undefined;
const decoder = /* @__PURE__ */ new TextDecoder('utf-8', { ignoreBOM: true });

/** Encodes text as UTF-8. A lone surrogate becomes U+FFFD. */
export function encodeUtf8(text: string): Bytes {
  return nodeBuffer ? nodeBuffer.from(text, 'utf8') : new TextEncoder().encode(text);
}

/** Decodes UTF-8. Invalid bytes become U+FFFD, and a byte order mark is kept. */
export function decodeUtf8(bytes: Bytes): string {
  if (nodeBuffer) return nodeBuffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  return decoder.decode(bytes);
}

/** Returns the size in bytes of `text` as UTF-8. */
export function utf8Size(text: string): number {
  return nodeBuffer ? nodeBuffer.byteLength(text) : new TextEncoder().encode(text).byteLength;
}

/** Joins byte strings into a new one. Give `sizeTotal`, the sum of their sizes, if you know it. */
export function concatBytes(parts: readonly Bytes[], sizeTotal?: number): Bytes {
  let size = sizeTotal ?? 0;
  if (sizeTotal === undefined) for (const part of parts) size += part.byteLength;
  const joined = new Uint8Array(size);
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.byteLength;
  }
  return joined;
}

/** Returns the memory of any ArrayBuffer or view as a Uint8Array, without copying it. */
export function asBytes(data: ArrayBufferLike | ArrayBufferView): Bytes {
  if (data instanceof Uint8Array) return data;
  const { buffer, byteOffset, byteLength } = data as ArrayBufferView;
  return new Uint8Array(buffer ?? data, byteOffset, byteLength);
}

/**
 * Returns the memory of data from an application as a Uint8Array, without copying it. Throws a ConfigError
 * (BAD_ARGUMENT) for anything but an ArrayBuffer or a view.
 */
export function checkedBytes(data: ArrayBufferLike | ArrayBufferView): Bytes {
  // A buffer from another realm is not an instance of this realm's class, so the class name decides. `new Uint8Array`
  // would take a number as a size.
  if (ArrayBuffer.isView(data) || BUFFER_NAME.test(Object.prototype.toString.call(data))) return asBytes(data);
  const type = data === null ? 'null' : typeof data;
  throw new ConfigError(
    'BAD_ARGUMENT',
    `data of type ${type} cannot be sent: use a string, an ArrayBuffer or a view of one`,
  );
}

const BUFFER_NAME = /^\[object (Shared)?ArrayBuffer\]$/;

/** Encodes bytes as base64 with padding (RFC 4648, section 4). */
export function encodeBase64(bytes: Bytes): string {
  if (nodeBuffer) return nodeBuffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** Decodes base64 with padding. Returns `undefined` for other text (RFC 4648, section 4). */
export function decodeBase64(text: string): Bytes | undefined {
  if (nodeBuffer) {
    const isValid = text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
    return isValid ? nodeBuffer.from(text, 'base64') : undefined;
  }
  try {
    const binary = atob(text);
    // `atob` also accepts white space, and text without padding.
    return btoa(binary) === text ? Uint8Array.from(binary, (char) => char.charCodeAt(0)) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Returns a copy of a text that outlives the message that it is a part of. V8 keeps a text in memory as long as a part
 * of it.
 */
export function ownText(text: string): string {
  return ` ${text}`.slice(1);
}

/** Returns about how many bytes of memory a value takes that a client has sent: its texts, bytes, lists and objects. */
export function memoryOf(value: unknown): number {
  let size = 0;
  const left = [value];
  while (left.length > 0) {
    const each = left.pop();
    size += VALUE_COST;
    if (typeof each === 'string') size += 2 * each.length;
    else if (ArrayBuffer.isView(each)) size += each.byteLength;
    else if (typeof each === 'object' && each !== null)
      for (const [name, member] of Object.entries(each)) {
        size += Array.isArray(each) ? 0 : 2 * name.length;
        left.push(member);
      }
  }
  return size;
}

/** Bytes that a value takes beside its content. */
const VALUE_COST = 16;
