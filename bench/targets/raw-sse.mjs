/**
 * The control of streams: Node's own http server with responses that stay open, which write text made beforehand. Their memory is what
 * Node takes for each, whatever runs on top; and in a fan-out each message is one bare write of one buffer to each of their sockets, past
 * the response and whatever HTTP does with it, so no server on Node can be faster by more than a little.
 */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';

const HEAD = { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' };
const CONNECTED = '40{}';
const JOINED = '430[]';
// What is asked for, by the size of a POST's body: `40`, or `420["join"]`.
const CONNECT_BYTES = 2;

// As load/wire.mjs makes them: a masked frame of 78 bytes, `42["say","..."]`, has a head of 6.
const TEXT = 'The ferry leaves the landing at dawn, and it waits for nobody...';
const CLIENT_FRAME_BYTES = 6 + `42["say","${TEXT}"]`.length;
const EVENT = `data: 42["said","${TEXT}"]\n\n`;
const WINDOW_MAX = 64;
/** So many messages as one chunk. */
const CHUNKS = Array.from({ length: WINDOW_MAX + 1 }, (_, count) => {
  const text = EVENT.repeat(count);
  return Buffer.from(`${text.length.toString(16)}\r\n${text}\r\n`);
});

/** @type {Map<string, import('node:http').ServerResponse>} */
const streams = new Map();
/** @type {Set<import('node:stream').Duplex>} */
const room = new Set();

/** @param {string} app @param {{ pingInterval: number }} options */
export async function start(app, { pingInterval }) {
  if (app !== 'idle' && app !== 'fanout') throw new Error('this control is for memory and fan-out only');
  let opened = 0;
  const http = createServer((request, response) => {
    const sid = request.url?.split('sid=')[1] ?? '';
    if (request.method === 'GET') {
      opened += 1;
      const made = String(opened);
      streams.set(made, response);
      response.on('close', () => streams.delete(made));
      response.writeHead(200, HEAD);
      response.write(`data: 0{"sid":"${made}"}\n\n`);
      return;
    }
    let size = 0;
    request.on('data', (chunk) => {
      size += chunk.length;
    });
    request.on('end', () => {
      response.writeHead(200, ['Content-Type', 'text/html', 'Content-Length', '2']);
      response.end('ok');
      // Anything shorter is a pong.
      if (size < CONNECT_BYTES) return;
      const stream = streams.get(sid);
      stream?.write(`data: ${size === CONNECT_BYTES ? CONNECTED : JOINED}\n\n`);
      if (size > CONNECT_BYTES && stream?.socket) room.add(stream.socket);
    });
  });
  http.on('upgrade', upgrade);
  setInterval(() => {
    for (const stream of streams.values()) stream.write('data: 2\n\n');
  }, pingInterval);
  await new Promise((resolve) => http.listen(0, '127.0.0.1', 4096, () => resolve(undefined)));
  const address = http.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, count: () => streams.size };
}

/**
 * The sender: it is told what it expects, and from then on only the number of its messages is looked at.
 * @param {import('node:http').IncomingMessage} request @param {import('node:stream').Duplex} socket
 */
function upgrade(request, socket) {
  const accept = createHash('sha1')
    .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest('base64');
  const handshake = '0{}';
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  socket.write(Buffer.from([0x81, handshake.length, ...Buffer.from(handshake)]));
  socket.on('error', () => {});
  socket.once('data', () => {
    socket.write(Buffer.from([0x81, CONNECTED.length, ...Buffer.from(CONNECTED)]));
    let partial = 0;
    socket.on('data', (/** @type {Buffer} */ chunk) => {
      const total = partial + chunk.length;
      const messages = Math.trunc(total / CLIENT_FRAME_BYTES);
      partial = total - messages * CLIENT_FRAME_BYTES;
      const text = CHUNKS[messages];
      if (messages > 0 && text !== undefined) for (const stream of room) stream.write(text);
    });
  });
}
