/**
 * Writes bytes inside JSON as `{"$bytes":"<base64>"}`. Keys that begin with `$` get one more `$`, so that they are not
 * mistaken for bytes.
 */
import { asBytes, type Bytes, decodeBase64, encodeBase64 } from '../../base/bytes.js';
import { ConfigError, ProtocolError } from '../../base/errors.js';

/** The maximum depth of arrays and objects in data to send. The bound also finds data that contains itself. */
const ENCODE_DEPTH_MAX = 2_000;
const MARK = '$bytes';
const DOLLAR = 0x24;

interface MaybeJson {
  toJSON?: unknown;
}

/**
 * Returns `value` itself if it contains neither bytes nor keys with a `$`, otherwise a marked copy for JSON. Throws
 * NOT_ENCODABLE.
 */
export function markBytes(value: unknown): unknown {
  return mark(value, '', 0, false);
}

/**
 * Undoes `markBytes` on a result of JSON.parse, in place where possible. Throws JSON_BAD_EVENT for a mark that is not
 * base64.
 */
export function unmarkBytes(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) {
      const item: unknown = value[index];
      if (typeof item === 'object' && item !== null) value[index] = unmarkBytes(item);
    }
    return value;
  }
  return unmarkProperties(value as Record<string, unknown>);
}

function mark(value: unknown, key: string, depth: number, isJson: boolean): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= ENCODE_DEPTH_MAX) {
    throw new ConfigError('NOT_ENCODABLE', `data contains itself or has more than ${ENCODE_DEPTH_MAX} levels`);
  }
  if (Array.isArray(value)) return markItems(value, depth);
  // Most objects are plain ones, and those are not bytes.
  if (Object.getPrototypeOf(value) !== Object.prototype) {
    if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return { [MARK]: encodeBase64(asBytes(value)) };
    if (typeof Blob === 'function' && value instanceof Blob) {
      throw new ConfigError('NOT_ENCODABLE', 'data contains a Blob: send `await blob.arrayBuffer()` instead');
    }
  }
  const { toJSON } = value as MaybeJson;
  if (typeof toJSON === 'function' && !isJson) {
    const json: unknown = toJSON.call(value, key);
    const marked = mark(json, key, depth + 1, true);
    return marked === json ? value : marked;
  }
  return markProperties(value as Record<string, unknown>, depth);
}

function markItems(items: unknown[], depth: number): unknown[] {
  let copy: unknown[] | undefined;
  for (let index = 0; index < items.length; index += 1) {
    const item = items[index];
    if (typeof item !== 'object' || item === null) continue;
    const marked = mark(item, String(index), depth + 1, false);
    if (marked === item) continue;
    copy ??= items.slice();
    copy[index] = marked;
  }
  return copy ?? items;
}

function markProperties(value: Record<string, unknown>, depth: number): unknown {
  const names = Object.keys(value);
  let copy: Record<string, unknown> | undefined;
  for (let index = 0; index < names.length; index += 1) {
    const name = names[index] as string;
    const item = value[name];
    const marked = typeof item === 'object' && item !== null ? mark(item, name, depth + 1, false) : item;
    const isKept = marked === item && name.charCodeAt(0) !== DOLLAR;
    if (copy === undefined && isKept) continue;
    copy ??= copyFirst(value, names, index);
    // JSON has no functions, and a toJSON in the copy would be called again.
    if (typeof marked !== 'function') setOwn(copy, name.charCodeAt(0) === DOLLAR ? `$${name}` : name, marked);
  }
  return copy ?? value;
}

/** Copies the first `count` properties, which stay as they are. */
function copyFirst(value: Record<string, unknown>, names: readonly string[], count: number): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (let index = 0; index < count; index += 1) {
    const name = names[index] as string;
    const item = value[name];
    if (typeof item !== 'function') setOwn(copy, name, item);
  }
  return copy;
}

function unmarkProperties(value: Record<string, unknown>): unknown {
  let count = 0;
  let isMarked = false;
  for (const name in value) {
    count += 1;
    if (name.charCodeAt(0) === DOLLAR) isMarked = true;
    const item = value[name];
    if (typeof item === 'object' && item !== null) setOwn(value, name, unmarkBytes(item));
  }
  if (!isMarked) return value;
  const text = value[MARK];
  if (count === 1 && typeof text === 'string') return readBytes(text);
  const copy: Record<string, unknown> = {};
  for (const name of Object.keys(value)) setOwn(copy, name.startsWith('$$') ? name.slice(1) : name, value[name]);
  return copy;
}

function readBytes(text: string): Bytes {
  const bytes = decodeBase64(text);
  if (!bytes) throw new ProtocolError('JSON_BAD_EVENT', `"${MARK}" is not base64 with padding`);
  return bytes;
}

/** Sets an own property. An assignment to `__proto__` would change the prototype instead. */
function setOwn(target: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__')
    Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
  else target[name] = value;
}
