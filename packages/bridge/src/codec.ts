/**
 * The values in messages of `@socket.io/redis-adapter`: MessagePack, or JSON, which begins with a brace. This is the
 * only file that imports the library.
 */
import { Buffer } from 'node:buffer';
import { Decoder, Encoder, ExtensionCodec } from '@msgpack/msgpack';
import { type Bytes, decodeUtf8, toBuffer } from 'naru/base';

/**
 * The type with which notepack.io, the encoder of the adapter, marks an ArrayBuffer. Before version 3 it marked
 * `undefined` with it, too.
 */
const ARRAY_BUFFER = 0;
const BRACE = 0x7b;

const extensionCodec = new ExtensionCodec();
extensionCodec.register({
  type: ARRAY_BUFFER,
  encode: () => null,
  decode: (data) => (data.length === 1 && data[0] === 0 ? undefined : data.slice()),
});
// Servers bound the depth of what clients send, and the adapter of Socket.IO has no bound.
const encoder = new Encoder({ ignoreUndefined: true, maxDepth: Number.POSITIVE_INFINITY, extensionCodec });
const decoder = new Decoder({ extensionCodec });

/** Encodes a value that JSON could hold, apart from bytes. */
export function encode(value: unknown): Bytes {
  return encoder.encode(plain(value));
}

/** Decodes a message. Throws an error of any kind for anything else. */
export function decode(bytes: Bytes): unknown {
  return bytes[0] === BRACE ? JSON.parse(decodeUtf8(bytes)) : decoder.decode(bytes);
}

/** Encodes a value for an entry of a stream: as JSON, or as MessagePack in base64 if it holds bytes. */
export function textOf(value: object): string {
  return hasBytes(value) ? toBuffer(encode(value)).toString('base64') : JSON.stringify(value);
}

/** Decodes the value of an entry. Throws an error of any kind for anything else. */
export function fromText(text: string): unknown {
  return text.startsWith('{') ? JSON.parse(text) : decoder.decode(Buffer.from(text, 'base64'));
}

function hasBytes(given: unknown): boolean {
  if (typeof given !== 'object' || given === null) return false;
  if (ArrayBuffer.isView(given) || given instanceof ArrayBuffer) return true;
  return Object.values(given).some(hasBytes);
}

/** Returns a value as JSON would hold it, and with its bytes. */
function plain(given: unknown): unknown {
  if (typeof given === 'bigint') return JSON.parse(JSON.stringify(given));
  if (typeof given !== 'object' || given === null) return typeof given === 'function' ? undefined : given;
  if (ArrayBuffer.isView(given)) return new Uint8Array(given.buffer, given.byteOffset, given.byteLength);
  if (given instanceof ArrayBuffer) return new Uint8Array(given);
  const { toJSON } = given as { toJSON?: unknown };
  if (typeof toJSON === 'function') return plain(toJSON.call(given));
  if (Array.isArray(given)) return given.map(plain);
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, plain(value)]));
}
