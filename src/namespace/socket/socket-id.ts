/**
 * Ids of sockets that can be told from other names. The room called like a socket's id is that socket's own, also while the socket is in
 * another process, or its client is away and may come back to it: who asks for a room cannot wait until all of them were asked.
 */
import type { SocketId } from '../target.js';

/** Characters of an id, and how many of them are random; those behind follow from these. */
const ID_SIZE = 20;
const RANDOM_SIZE = 16;

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

const written = Buffer.alloc(ID_SIZE);

/**
 * Makes a socket's id of a random id: 16 characters (96 random bits) of it, and 4 that follow from these. It is no secret, and nobody is
 * to be kept from making one up. What has another size than 20 characters, of a source of randomness for tests say, stays as it is.
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

/** Whether a name is one that `markSocketId` makes; of other names of 20 characters, one in 16 million is taken for one. */
export function isMarkedSocketId(name: string): boolean {
  if (name.length !== ID_SIZE) return false;
  let mark = markOf(name);
  for (let index = RANDOM_SIZE; index < ID_SIZE; index += 1) {
    if (name.charCodeAt(index) !== DIGITS.charCodeAt(mark & 63)) return false;
    mark >>>= 6;
  }
  return true;
}

/** A number of 24 bits or more, made of the random characters: FNV-1a, and a last mixing, by which each character changes each bit. */
function markOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < RANDOM_SIZE; index += 1) hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
