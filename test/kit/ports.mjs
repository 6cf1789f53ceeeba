// Fixed ports, for servers that restart on the same port or that clients know before they start. It imports only
// Node.js.
import { createServer } from 'node:net';

// Below the ports that systems assign to outgoing connections (Linux from 32768, others from 49152). Any program can be
// given one of those as its source port, even the client that dials the absent server.
const FIRST = 20_000;
const COUNT = 12_000;

/**
 * The next port to try. Each program begins elsewhere and goes on by one, so that it never gives two servers the same
 * port.
 */
let next = Math.floor(Math.random() * COUNT);

/**
 * Returns a port that is free now, and that the system assigns only to a program that asks for it.
 * @returns {Promise<number>}
 */
export async function fixedPort() {
  for (;;) {
    const port = FIRST + (next++ % COUNT);
    if (await isFree(port)) return port;
  }
}

/**
 * @param {number} port
 * @returns {Promise<boolean>}
 */
async function isFree(port) {
  const server = createServer();
  // `once` of "listening" would reject when the port is taken.
  /** @type {boolean} */
  const free = await new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, () => resolve(true));
  });
  if (free) await new Promise((resolve) => server.close(resolve));
  return free;
}
