/**
 * Finds out whether another program than NATS listens at an address. NATS speaks first; other programs answer when they
 * are spoken to.
 */
import { connect } from 'node:net';
import type { Clock } from 'naru/base';

/** Milliseconds in which a server has to answer. */
const ANSWER_MS = 1_000;
/** Most characters of an answer that are shown. */
const SHOWN_MAX = 40;
/** NATS, Redis and web servers all answer it. */
const WORD = 'PING\r\n\r\n';

/**
 * Returns the beginning of what another program answers at one of the servers, or `undefined` if one of them may be a
 * NATS.
 */
export async function foreignAnswer(servers: readonly string[], clock: Clock): Promise<string | undefined> {
  const answers = await Promise.all(servers.map((server) => askServer(server, clock)));
  return answers.every((answer) => answer !== undefined) ? answers[0] : undefined;
}

function askServer(server: string, clock: Clock): Promise<string | undefined> {
  const { hostname, port } = new URL(`nats://${server}`);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname.replace(/^\[(.*)\]$/, '$1'));
    const end = (answer: string | undefined): void => {
      clock.clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = clock.setTimeout(() => end(undefined), ANSWER_MS, undefined);
    socket.once('connect', () => socket.write(WORD));
    socket.once('data', (chunk) => end(readAnswer(chunk.toString('latin1'))));
    // The driver says what is wrong.
    socket.once('error', () => end(undefined));
    socket.once('close', () => end(undefined));
  });
}

/** Returns the first line of an answer that is not NATS', without characters that cannot be shown. */
function readAnswer(text: string): string | undefined {
  if (text.startsWith('INFO ')) return undefined;
  const [line = ''] = text.split(/\r?\n/);
  return line.slice(0, SHOWN_MAX).replace(/[^ -~]/g, '?');
}
