/**
 * The control of streams: Node's http server with open responses and prepared text. Their memory is Node's own for each
 * response. In a fan-out each message is one write of one buffer to each bare socket, past the response and its HTTP
 * code, so no server on Node can be much faster.
 */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';

const HEAD = { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' };
const CONNECTED = '40{}';
const JOINED = '430[]';
// The request, by the size of a POST's body: `40`, or `420["join"]`.
const CONNECT_BYTES = 2;

// As in load/wire.mjs: a masked frame of 78 bytes, `42["say","..."]`, has a head of 6.
const TEXT = 'The ferry leaves the landing at dawn, and it waits for nobody...';
const CLIENT_FRAME_BYTES = 6 + `42["say","${TEXT}"]`.length;
const EVENT = `data: 42["said","${TEXT}"]\n\n`;
const WINDOW_MAX = 64;
/** The chunks by their number of messages. */
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
      // A shorter body is a pong.
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
 * Serves the sender: answers as it expects, and from then on only counts its messages.
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
