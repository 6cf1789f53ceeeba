/**
 * Socket ids that can be told apart from other room names. A room with a socket's id as its name belongs to that
 * socket, even if the socket is in another process or its client is away. Permission checks must recognise such a room
 * at once, without asking other processes.
 *
 * An id begins with the tag of the process that made it. So a home can carry a message to one socket to the processes
 * that have sockets with its tag, and to no others.
 */

/** The count of characters of an id, and of those at its start from which the others are computed. */
const ID_SIZE = 20;
const RANDOM_SIZE = 16;

/**
 * The count of characters of a tag. Clients can make up ids with any tag, so this bounds how many tags a process asks
 * for: 4096 in each namespace, which together are all there are. Few processes of a cluster have the same tag.
 */
export const TAG_CHARACTERS = 2;
const TAG = /^[\w-]{2}/;

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** The ids of sessions have another mark than those of sockets, so that each is told from the other with an ending. */
const SOCKET_SEED = 0x811c9dc5;
const SESSION_SEED = 0x01000193;
const SESSION_ID = /^(?:(.*)#)?([\w-]{20})(?:\.[\w-]{8})?$/s;

const written = Buffer.alloc(ID_SIZE);

/**
 * Makes a socket id from a random id: its first 16 characters, and 4 that are computed from these. A tag takes the
 * place of the first 2, so 84 to 96 bits are random. The id is public, and anybody can make one up. An id whose length
 * is not 20, for example from a test's source of randomness, is returned as it is.
 */
export function markSocketId(id: string, tag = '', seed = SOCKET_SEED): string {
  if (id.length !== ID_SIZE) return id;
  const begin = `${tag}${id.slice(tag.length)}`;
  written.write(begin, 0, RANDOM_SIZE, 'latin1');
  let mark = markOf(begin, seed);
  for (let index = RANDOM_SIZE; index < ID_SIZE; index += 1) {
    written[index] = DIGITS.charCodeAt(mark & 63);
    mark >>>= 6;
  }
  return written.toString('latin1');
}

/** Marks the random id of a session. A client of Socket.IO 2 has a socket with this id, or with an end of it. */
export function markSessionId(id: string): string {
  return markSocketId(id, '', SESSION_SEED);
}

/** Whether `markSocketId` could have made a name. True by chance for one in 16 million other names of 20 characters. */
export function isMarkedSocketId(name: string, seed = SOCKET_SEED): boolean {
  if (name.length !== ID_SIZE) return false;
  let mark = markOf(name, seed);
  for (let index = RANDOM_SIZE; index < ID_SIZE; index += 1) {
    if (name.charCodeAt(index) !== DIGITS.charCodeAt(mark & 63)) return false;
    mark >>>= 6;
  }
  return true;
}

/**
 * Whether a room of a namespace belongs to one socket, even if that is elsewhere or away. A socket of a client of
 * Socket.IO 2 has the id of its session, which may end with a dot and the code of its node. Beside "/", the namespace
 * and "#" precede it.
 */
export function isSocketRoom(room: string, namespace: string): boolean {
  return isMarkedSocketId(room) || isSessionRoom(room, namespace);
}

/** Whether a room belongs to a client of Socket.IO 2, in a namespace or in any. Its name has the id of the session. */
export function isSessionRoom(room: string, namespace?: string): boolean {
  const [, own = '/', id] = SESSION_ID.exec(room) ?? [];
  return id !== undefined && isMarkedSocketId(id, SESSION_SEED) && (namespace === undefined || own === namespace);
}

/** Hashes the random characters into 32 bits, with FNV-1a and a final mix so that each character affects every bit. */
function markOf(id: string, seed: number): number {
  let hash = seed;
  for (let index = 0; index < RANDOM_SIZE; index += 1) hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/**
 * Returns the tag of a room that belongs to one socket, and `undefined` for any other room. No id of a process begins
 * with characters that an id does not have, but a name that a client makes up may.
 */
export function tagOf(room: string): string | undefined {
  return isMarkedSocketId(room) && TAG.test(room) ? room.slice(0, TAG_CHARACTERS) : undefined;
}

/**
 * Returns the tag of the sockets that a record is for, and `undefined` for a record that every process has to hear.
 * Messages between processes and gap records are for every process.
 */
export function audienceOf({ rooms: [room, ...more] }: { readonly rooms: readonly string[] }): string | undefined {
  const tag = room === undefined ? undefined : tagOf(room);
  return tag !== undefined && more.every((other) => tagOf(other) === tag) ? tag : undefined;
}

/** Returns the tag that all of some records are for, and `undefined` if every process has to hear one of them. */
export function audienceOfAll(records: readonly { readonly rooms: readonly string[] }[]): string | undefined {
  const [tag, ...more] = records.map(audienceOf);
  return more.every((other) => other === tag) ? tag : undefined;
}
