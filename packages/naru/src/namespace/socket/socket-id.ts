/**
 * Socket ids that can be told apart from other room names. A room with a socket's id as its name belongs to that
 * socket, even if the socket is in another process or its client is away. Permission checks must recognise such a room
 * at once, without asking other processes.
 */
import type { SocketId } from '../event/target.js';

/** The count of characters of an id, and of the random ones at its start. The others are computed from these. */
const ID_SIZE = 20;
const RANDOM_SIZE = 16;

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

const written = Buffer.alloc(ID_SIZE);

/**
 * Makes a socket id from a random id: its first 16 characters (96 random bits), and 4 that are computed from these. The
 * id is public, and anybody can make one up. An id whose length is not 20, for example from a test's source of
 * randomness, is returned as it is.
 */
export function markSocketId(id: string): SocketId {
  if (id.length !== ID_SIZE) return id;
  written.write(id, 0, RANDOM_SIZE, 'latin1');
  let mark = markOf(id);
  for (let index = RANDOM_SIZE; index < ID_SIZE; index += 1) {
    written[index] = DIGITS.charCodeAt(mark & 63);
    mark >>>= 6;
  }
  return written.toString('latin1');
}

/** Returns the id of a new socket. Clients of Socket.IO 2 derive their socket id from the id of the session. */
export function newSocketId(
  namespace: { readonly name: string; createId(): SocketId },
  { protocol, id }: { readonly protocol: number; readonly id: string },
): SocketId {
  if (protocol !== 3) return namespace.createId();
  return namespace.name === '/' ? id : `${namespace.name}#${id}`;
}

/** Whether `markSocketId` could have made a name. True by chance for one in 16 million other names of 20 characters. */
export function isMarkedSocketId(name: string): boolean {
  if (name.length !== ID_SIZE) return false;
  let mark = markOf(name);
  for (let index = RANDOM_SIZE; index < ID_SIZE; index += 1) {
    if (name.charCodeAt(index) !== DIGITS.charCodeAt(mark & 63)) return false;
    mark >>>= 6;
  }
  return true;
}

/** Hashes the random characters into 32 bits, with FNV-1a and a final mix so that each character affects every bit. */
function markOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < RANDOM_SIZE; index += 1) hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
