/** Explains why data cannot be sent, with the path of the faulty value. Not in the bundles for `<script>`. */
import { ConfigError } from '../../base/errors.js';
import type { SocketPacket } from './packet.js';
import { CONNECT, EVENT } from './packet-type.js';

/**
 * Returns the error for a packet whose encoding failed with `cause`. Its message names the event, and the faulty value
 * by its path.
 */
export function encodingError({ type, data }: SocketPacket, cause: unknown): ConfigError {
  const isEvent = type === EVENT && Array.isArray(data);
  const subject = isEvent ? `the event "${data[0]}"` : type === CONNECT ? 'the auth data' : 'the answer';
  const [root, name] = isEvent ? [data.slice(1), 'args'] : [data, type === CONNECT ? 'auth' : 'answer'];
  const why = explain(root, name) ?? (cause instanceof ConfigError ? cause.message : String(cause));
  return new ConfigError('NOT_ENCODABLE', `${subject} cannot be sent: ${why}`, cause);
}

function explain(root: unknown, name: string): string | undefined {
  try {
    return findFault(root, name, new Map());
  } catch (error) {
    // A `toJSON` or a getter of the application threw, or the stack was too small.
    return error instanceof RangeError ? 'it is nested too deeply' : undefined;
  }
}

/**
 * Finds the first fault in a value. `parents` has the paths of the objects around it. A path is `undefined` once its
 * object is found to be valid.
 */
function findFault(value: unknown, path: string, parents: Map<object, string | undefined>): string | undefined {
  if (typeof value === 'bigint') return `${path} is a BigInt, which JSON cannot hold`;
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return undefined;
  const parent = parents.get(value);
  if (parent) return `${path} is ${parent} again, so the data contains itself`;
  if (parents.has(value)) return undefined;
  parents.set(value, path);
  const { toJSON } = value as { toJSON?: unknown };
  const plain = typeof toJSON === 'function' ? toJSON.call(value) : value;
  if (plain !== value) return findFault(plain, path, parents);
  for (const [key, item] of Object.entries(value)) {
    const fault = findFault(item, Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`, parents);
    if (fault) return fault;
  }
  parents.set(value, undefined);
  return undefined;
}
