/**
 * The control of the rows `large-room`: Node's http server and TCP sockets. It knows the size of a sender's message and
 * does not decode it. It writes the prepared bytes of the same Socket.IO event to each socket, with one write for all
 * messages that one chunk ended.
 */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { contentOf, receivedFrames, sentFrames } from '../load/large-messages.mjs';
import { serverFrame } from '../load/wire.mjs';

const TOGETHER_MAX = 64;

/** The answers to the first chunks of a client, which are CONNECT and the event that joins the room. */
const ANSWERS = [serverFrame('40{"sid":"raw"}'), serverFrame('430[]')];
const OPEN = serverFrame('0{"sid":"raw","upgrades":[],"pingInterval":300000,"pingTimeout":20000}');

/** @param {string} _app @param {unknown} _options @param {{ form: string, bytes: number }} load */
export async function start(_app, _options, { form, bytes }) {
  const content = contentOf(form, bytes);
  const sentBytes = sentFrames('say', content).length;
  const said = receivedFrames('said', content);
  const together = Math.max(1, Math.min(TOGETHER_MAX, Math.trunc(2 ** 20 / said.length)));
  const messages = Buffer.concat(Array.from({ length: together }, () => said));
  /** @type {Set<import('node:stream').Duplex>} */
  const receivers = new Set();
  let open = 0;
  const http = createServer();
  http.on('upgrade', (request, socket) => {
    const accept = createHash('sha1')
      .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    socket.write(OPEN);
    open += 1;
    const isSender = request.url?.includes('sender') === true;
    let chunks = 0;
    let partial = 0;
    socket.on('data', (/** @type {Buffer} */ chunk) => {
      const answer = isSender && chunks > 0 ? undefined : ANSWERS[chunks];
      chunks += 1;
      if (answer !== undefined) {
        socket.write(answer);
        if (chunks === ANSWERS.length) receivers.add(socket);
        return;
      }
      const total = partial + chunk.length;
      let count = Math.trunc(total / sentBytes);
      partial = total - count * sentBytes;
      for (; count > 0; count -= together) {
        const some = messages.subarray(0, Math.min(count, together) * said.length);
        for (const receiver of receivers) receiver.write(some);
      }
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      open -= 1;
      receivers.delete(socket);
    });
  });
  await new Promise((resolve) => http.listen(0, '127.0.0.1', 4096, () => resolve(undefined)));
  const address = http.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, count: () => open };
}
