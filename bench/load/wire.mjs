/**
 * The bytes that the loader sends and expects, written by hand: RFC 6455 frames, the upgrade request, and two dialects.
 */
import { createHash, randomBytes } from 'node:crypto';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/**
 * Encodes a frame of less than 4 GiB as a client sends it: final, masked with a random key.
 * @param {string | Buffer} content
 * @param {number} [opcode]
 */
export function clientFrame(content, opcode = 1) {
  const body = Buffer.from(content);
  const key = randomBytes(4);
  const head = frameHead(body.length, opcode, 0x80);
  for (let index = 0; index < body.length; index++) body[index] = (body[index] ?? 0) ^ (key[index & 3] ?? 0);
  return Buffer.concat([head, key, body]);
}

/**
 * Encodes a frame of less than 4 GiB as a server sends it: final, not masked.
 * @param {string | Buffer} content
 * @param {number} [opcode]
 */
export function serverFrame(content, opcode = 1) {
  const body = Buffer.from(content);
  return Buffer.concat([frameHead(body.length, opcode, 0), body]);
}

/** @param {number} size @param {number} opcode @param {number} maskBit */
function frameHead(size, opcode, maskBit) {
  if (size < 126) return Buffer.from([0x80 | opcode, maskBit | size]);
  if (size < 65_536) return Buffer.from([0x80 | opcode, maskBit | 126, size >> 8, size & 255]);
  const head = Buffer.from([0x80 | opcode, maskBit | 127, 0, 0, 0, 0, 0, 0, 0, 0]);
  head.writeUInt32BE(size, 6);
  return head;
}

const HEADERS = {
  /** Without extensions, so that nothing is compressed. */
  bare: [],
  /** The header of a Node client. */
  plain: ['Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits'],
  /** The headers of Chromium, with one cookie. */
  browser: [
    'Pragma: no-cache',
    'Cache-Control: no-cache',
    'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
    'Origin: http://localhost:3000',
    'Accept-Encoding: gzip, deflate, br, zstd',
    'Accept-Language: en-GB,en-US;q=0.9,en;q=0.8,ko;q=0.7',
    'Cookie: session=9f3b1c2e-4a7d-4e58-8f0e-2b6f0c1d7a93',
    'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits',
  ],
};

/**
 * Returns an upgrade request, and the `Sec-WebSocket-Accept` that must answer it.
 * @param {number} port
 * @param {string} path
 * @param {'bare' | 'plain' | 'browser'} headers
 */
export function upgradeRequest(port, path, headers) {
  const key = randomBytes(16).toString('base64');
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${key}`,
    ...HEADERS[headers],
  ];
  const accept = createHash('sha1')
    .update(key + GUID)
    .digest('base64');
  return { request: `${lines.join('\r\n')}\r\n\r\n`, accept };
}

/**
 * Repeats frames so that any piece of a stream of them can be compared in one call: `cycleBytes`, then 64 KiB more.
 * @param {Buffer[]} frames
 */
export function cyclicPattern(frames) {
  const cycle = Buffer.concat(frames);
  const times = 1 + Math.ceil(65_536 / cycle.length);
  return { cycleBytes: cycle.length, bytes: Buffer.concat(Array.from({ length: times }, () => cycle)) };
}

/**
 * The form of a message in each dialect. `greeting` is the exchange between the upgrade and the first message.
 * @type {Record<'socket.io' | 'socket.io-log' | 'websocket', {
 *   path: string,
 *   greeting: readonly { expect: string, reply?: string }[],
 *   join?: { say: string, expect: string },
 *   say(text: string): string, said(text: string): string, unknownBytes?: number,
 *   ask(id: number, text: string): string, answered(id: number, text: string): string,
 * }>}
 */
export const DIALECTS = {
  'socket.io': {
    path: '/socket.io/?EIO=4&transport=websocket',
    greeting: [{ expect: '0{', reply: '40' }, { expect: '40{' }],
    join: { say: '420["join"]', expect: '430[]' },
    say: (text) => `42["say",${JSON.stringify(text)}]`,
    said: (text) => `42["said",${JSON.stringify(text)}]`,
    ask: (id, text) => `42${id}["ask",${JSON.stringify(text)}]`,
    answered: (id, text) => `43${id}[${JSON.stringify(text)}]`,
  },
  /** With recovery, a message ends with its offset, whose size the loader knows. */
  'socket.io-log': {
    path: '/socket.io/?EIO=4&transport=websocket',
    greeting: [{ expect: '0{', reply: '40' }, { expect: '40{' }],
    join: { say: '420["join"]', expect: '430[]' },
    say: (text) => `42["say",${JSON.stringify(text)}]`,
    said: (text) => `42["said",${JSON.stringify(text)},"00000000000"]`,
    unknownBytes: '00000000000"]'.length,
    ask: (id, text) => `42${id}["ask",${JSON.stringify(text)}]`,
    answered: (id, text) => `43${id}[${JSON.stringify(text)}]`,
  },
  websocket: {
    path: '/',
    greeting: [],
    say: (text) => text,
    said: (text) => text,
    ask: (_id, text) => text,
    answered: (_id, text) => text,
  },
};
