/** Fixed ports, for servers that restart on the same port or that clients know before they start. */
import { createServer } from 'node:net';

// Below the ports that systems assign to outgoing connections (Linux from 32768, others from 49152). Any program can be given one
// of those as its source port, even the client that dials the absent server.
const FIRST = 20_000;
const COUNT = 12_000;

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  // `once` of "listening" would reject when the port is taken.
  const free = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, () => resolve(true));
  });
  if (free) await new Promise((resolve) => server.close(resolve));
  return free;
}

/** Returns a port that is free now, and that the system assigns only to a program that asks for it. */
export async function fixedPort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (await isFree(port)) return port;
  }
}
