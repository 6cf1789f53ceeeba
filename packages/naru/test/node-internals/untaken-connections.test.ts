import { once } from 'node:events';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { build, startProgram } from '../../../../test/kit/programs/naru.js';

beforeAll(build);

/** Sends a request on a connection of its own. Returns what has come back so far. */
function ask(port: number): () => string {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  let received = '';
  socket.on('data', (chunk) => {
    received += chunk;
  });
  socket.on('error', () => undefined);
  socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  return () => /\r\n\r\n(\d+)/.exec(received)?.[1] ?? '';
}

const program = fileURLToPath(new URL('untaken-program.mjs', import.meta.url));

it('go to another worker when theirs dies', async () => {
  const { child, waitFor } = startProgram([program, 'returned']);
  const [, text] = await waitFor(/^port (\d+)$/m);
  const port = Number(text);
  const workers = new Set<string>();
  while (workers.size < 2) {
    const answer = ask(port);
    await expect.poll(answer).not.toBe('');
    workers.add(answer());
  }
  const [stopped = '', other = ''] = workers;
  process.kill(Number(stopped), 'SIGSTOP');
  // Each worker gets the next connection when it has taken the last one, so at least one of these waits for the worker
  // that stands still.
  const answers = Array.from({ length: 4 }, () => ask(port));
  await expect.poll(() => answers.filter((answer) => answer() !== '').length).toBe(3);
  process.kill(Number(stopped), 'SIGKILL');
  await expect.poll(() => answers.map((answer) => answer())).toEqual(Array(4).fill(other));
  child.kill('SIGTERM');
  await once(child, 'exit');
});
