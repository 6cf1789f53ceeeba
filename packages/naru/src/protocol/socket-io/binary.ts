/**
 * Finds bytes inside the data of a packet and replaces them with placeholders. socket.io-protocol, "Packet encoding".
 */
import { asBytes, type Bytes } from '../../base/bytes.js';
import { ConfigError } from '../../base/errors.js';

/**
 * The maximum depth of arrays and objects in data to send. The bound also finds data that contains itself. It is twice
 * the depth that a server accepts from a client, so that the server can wrap received data and send it on.
 */
export const ENCODE_DEPTH_MAX = 2_000;

// In a loop over keys, V8 makes this call free. It does not do so for Object.hasOwn, with which the search takes twice
// as long.
const hasOwn = Object.prototype.hasOwnProperty;

interface MaybeJson {
  toJSON?: unknown;
}

/**
 * Whether `data` contains bytes. Throws NOT_ENCODABLE if `data` contains itself or is deeper than `ENCODE_DEPTH_MAX`.
 */
export function hasBinary(data: unknown): boolean {
  return typeof data === 'object' && data !== null && findBinary(data, 0, false);
}

/**
 * Copies `data` with placeholders in place of bytes, and adds the bytes to `attachments` in the order of their numbers.
 * Views and ArrayBuffers become Bytes over the same memory. A Blob is kept as it is. Beside bytes, the property
 * `_placeholder: true` of other objects is left out, because receivers would take these objects for bytes. Returns
 * `data` itself if it contains no bytes.
 */
export function detachBinary(data: unknown, attachments: (Bytes | Blob)[]): unknown {
  const count = attachments.length;
  const detached = detach(data, '', 0, attachments);
  return attachments.length === count ? data : detached;
}

function isBinary(value: object): value is ArrayBuffer | ArrayBufferView | Blob {
  return (
    ArrayBuffer.isView(value) || value instanceof ArrayBuffer || (typeof Blob === 'function' && value instanceof Blob)
  );
}

function findBinary(value: object, depth: number, isJson: boolean): boolean {
  if (depth >= ENCODE_DEPTH_MAX) throw tooDeep();
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) {
      const item: unknown = value[index];
      if (typeof item === 'object' && item !== null && findBinary(item, depth + 1, false)) return true;
    }
    return false;
  }
  // Most objects are plain ones, and those are not bytes.
  if (Object.getPrototypeOf(value) !== Object.prototype && isBinary(value)) return true;
  const { toJSON } = value as MaybeJson;
  if (typeof toJSON === 'function' && !isJson) {
    const json: unknown = toJSON.call(value, '');
    return typeof json === 'object' && json !== null && findBinary(json, depth + 1, true);
  }
  for (const key in value) {
    if (!hasOwn.call(value, key)) continue;
    const item = (value as Record<string, unknown>)[key];
    if (typeof item === 'object' && item !== null && findBinary(item, depth + 1, false)) return true;
  }
  return false;
}

/** Returns `value` itself if it contains neither bytes nor what looks like a placeholder. */
function detach(value: unknown, key: string, depth: number, attachments: (Bytes | Blob)[], isJson = false): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= ENCODE_DEPTH_MAX) throw tooDeep();
  if (Array.isArray(value)) return detachItems(value, depth, attachments);
  // Most objects are plain ones, and those are not bytes.
  if (Object.getPrototypeOf(value) !== Object.prototype && isBinary(value)) {
    attachments.push(value instanceof ArrayBuffer || ArrayBuffer.isView(value) ? asBytes(value) : value);
    return { _placeholder: true, num: attachments.length - 1 };
  }
  const { toJSON } = value as MaybeJson;
  if (typeof toJSON === 'function' && !isJson) {
    const json: unknown = toJSON.call(value, key);
    const detached = detach(json, key, depth + 1, attachments, true);
    return detached === json ? value : detached;
  }
  return detachProperties(value as Record<string, unknown>, depth, attachments);
}

function detachItems(items: unknown[], depth: number, attachments: (Bytes | Blob)[]): unknown[] {
  let copy: unknown[] | undefined;
  for (let index = 0; index < items.length; index += 1) {
    const item = items[index];
    if (typeof item !== 'object' || item === null) continue;
    const detached = detach(item, String(index), depth + 1, attachments);
    if (detached === item) continue;
    copy ??= items.slice();
    copy[index] = detached;
  }
  return copy ?? items;
}

function detachProperties(value: Record<string, unknown>, depth: number, attachments: (Bytes | Blob)[]): unknown {
  const copy: Record<string, unknown> = {};
  const isFalse = value._placeholder === true;
  let isSame = !isFalse;
  for (const name of Object.keys(value)) {
    const item = value[name];
    if (isFalse && name === '_placeholder') continue;
    // JSON has no functions, and a toJSON in the copy would bring the bytes back.
    if (typeof item === 'function') continue;
    const detached = detach(item, name, depth + 1, attachments);
    if (detached !== item) isSame = false;
    if (name === '__proto__') Object.defineProperty(copy, name, { value: detached, enumerable: true });
    else copy[name] = detached;
  }
  return isSame ? value : copy;
}

function tooDeep(): ConfigError {
  return new ConfigError('NOT_ENCODABLE', `data contains itself or has more than ${ENCODE_DEPTH_MAX} levels`);
}
