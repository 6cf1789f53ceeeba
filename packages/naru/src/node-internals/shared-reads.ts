/**
 * Lets TCP connections that a server accepted read into memory that all of them share. Node's documented option
 * `onread` does this for connections that a program makes itself. Otherwise each read allocates 64 KiB, which the
 * garbage collector has to find and free.
 */
import type { Buffer } from 'node:buffer';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** Takes `size` bytes at the start of the shared memory, which are valid only during the call. */
export type OnRead = (this: Duplex, size: number) => void;

interface Readable {
  useUserBuffer?(memory: Buffer): unknown;
}

/** The property of Node's sockets that holds the handle they read from. */
const CONNECTION = '_handle';

type Reading = Socket & { [CONNECTION]?: Readable | null } & Record<symbol, unknown>;

/** The properties in which Node's sockets keep the parts of `onread`. */
interface Names {
  readonly memory: symbol;
  readonly onRead: symbol;
}

/** `null` in a runtime that works differently. */
let names: Names | undefined | null;

/**
 * Lets a connection read into `memory`, and calls `onRead` instead of emitting `data`. Pausing, resuming and the end
 * work as before. Bytes that the connection has already read are still emitted as `data`, so keep that listener.
 *
 * Returns `false` and does nothing unless this is a plain connection of Node with at most one listener of `data`. The
 * memory must be the same in all calls, and must never be freed.
 */
export function readShared(socket: Duplex, memory: Buffer, onRead: OnRead): boolean {
  names ??= findNames() ?? null;
  const kind: unknown = socket.constructor;
  // TLS sockets have another class, and decrypt what they read.
  if (names === null || kind !== Socket || socket.destroyed) return false;
  const reading = socket as Reading;
  const connection = reading[CONNECTION];
  const isOurs =
    reading[names.memory] === null && socket.listenerCount('data') <= 1 && socket.listenerCount('readable') === 0;
  if (!isOurs || typeof connection?.useUserBuffer !== 'function' || !isNative(connection.useUserBuffer)) return false;
  connection.useUserBuffer(memory);
  reading[names.onRead] = onRead;
  reading[names.memory] = memory;
  return true;
}

/** Whether sockets keep the parts of `onread` where this file puts them. */
export function hasSharedReads(): boolean {
  // In Deno, connections cannot read into given memory.
  if ('deno' in process.versions) return false;
  names ??= findNames() ?? null;
  return names !== null;
}

/** Finds the properties in a socket that is made with the documented option. */
function findNames(): Names | undefined {
  const buffer = new Uint8Array(1);
  const callback = (): boolean => true;
  const options = { onread: { buffer, callback } };
  const socket = new Socket(options as object) as unknown as Record<symbol, unknown>;
  const plain = new Socket() as unknown as Record<symbol, unknown>;
  const symbols = Object.getOwnPropertySymbols(socket);
  const memory = symbols.find((symbol) => socket[symbol] === buffer && plain[symbol] === null);
  const onRead = symbols.find((symbol) => socket[symbol] === callback && plain[symbol] === null);
  return memory && onRead && { memory, onRead };
}

/** The last method that was native. All connections of a kind share it. */
let native: unknown;

/** Whether Node itself implements a method. Other runtimes write theirs in JavaScript, some without an effect. */
function isNative(method: unknown): boolean {
  if (method !== native && String(method).endsWith('{ [native code] }')) native = method;
  return method === native;
}
