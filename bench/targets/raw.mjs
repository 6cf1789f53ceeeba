/**
 * The control: Node's http server and TCP sockets, which do not interpret anything and write prepared bytes. It knows
 * the size of a client's message, answers by arithmetic, and joins the answers to one chunk into one write per socket.
 * Its rate is the ceiling of the loader and Node, and a target near it is near that ceiling.
 */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';

// As in load/wire.mjs: a masked text frame of 64 bytes has a head of 6, an unmasked one a head of 2.
const TEXT = Buffer.from('The ferry leaves the landing at dawn, and it waits for nobody...');
const CLIENT_FRAME_BYTES = 6 + TEXT.length;
const FRAME = Buffer.concat([Buffer.from([0x81, TEXT.length]), TEXT]);
const FRAMES = Buffer.concat(Array.from({ length: 1024 }, () => FRAME));

/** @type {Set<import('node:stream').Duplex>} */
const receivers = new Set();
let open = 0;

/** @param {import('node:stream').Duplex} socket @param {(frames: Buffer) => void} answer */
function answerFrames(socket, answer) {
  let partial = 0;
  socket.on('data', (/** @type {Buffer} */ chunk) => {
    // Only a close frame is shorter than a message. The loader half-closes after it.
    if (chunk.length === 8 && chunk[0] === 0x88) {
      socket.end();
      return;
    }
    const total = partial + chunk.length;
    const messages = Math.trunc(total / CLIENT_FRAME_BYTES);
    partial = total - messages * CLIENT_FRAME_BYTES;
    if (messages > 0) answer(FRAMES.subarray(0, messages * FRAME.length));
  });
}

/** @type {Record<string, (socket: import('node:stream').Duplex, isSender: boolean) => void>} */
const APPS = {
  fanout(socket, isSender) {
    if (!isSender) {
      receivers.add(socket);
      return;
    }
    answerFrames(socket, (frames) => {
      for (const receiver of receivers) receiver.write(frames);
    });
  },
  ack: (socket) => answerFrames(socket, (frames) => socket.write(frames)),
  idle: (socket) => answerFrames(socket, () => {}),
};

/** @param {string} app */
export async function start(app) {
  const http = createServer();
  http.on('upgrade', (request, socket) => {
    const accept = createHash('sha1')
      .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    open += 1;
    socket.on('error', () => {});
    socket.on('close', () => {
      open -= 1;
      receivers.delete(socket);
    });
    APPS[app]?.(socket, request.url?.includes('sender') === true);
    socket.resume();
  });
  await new Promise((resolve) => http.listen(0, '127.0.0.1', 4096, () => resolve(undefined)));
  const address = http.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, count: () => open };
}
