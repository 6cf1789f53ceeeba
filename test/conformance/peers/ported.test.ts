/** Programs written for Socket.IO print the same lines when only their imports are changed to the built package. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixedPort } from '../../kit/ports.mjs';
import { build, type Edition, Project } from './ported.js';

let stock: Project;
let ours: Project;

beforeAll(async () => {
  await build();
  stock = new Project('stock');
  ours = new Project('naru');
}, 180_000);

afterAll(() => {
  stock?.remove();
  ours?.remove();
});

/** Runs the greeting server of one edition with the greeting client of another. */
async function greet(server: Project, client: Project): Promise<[string, string]> {
  const PORT = String(await fixedPort());
  const serving = server.start('greeting-server.mjs', { PORT });
  await new Promise((resolve) => serving.child.stdout?.once('data', resolve));
  const asking = client.start('greeting-client.mjs', { PORT });
  return Promise.all([serving.ended, asking.ended]);
}

describe('code written for Socket.IO', { timeout: 70_000 }, () => {
  const pairs: [Edition, Edition][] = [
    ['naru', 'naru'],
    ['naru', 'stock'],
    ['stock', 'naru'],
  ];
  it.each(pairs)('greets, with a server on %s and a client on %s', async (server, client) => {
    const [said, heard] = await greet(server === 'naru' ? ours : stock, client === 'naru' ? ours : stock);
    const [stockSaid, stockHeard] = await greet(stock, stock);
    expect(said).toBe(stockSaid);
    expect(heard).toBe(stockHeard);
    expect(said).toContain('hello from client [5,"6",{"7":"bytes 8"}] true');
    expect(heard).toContain('hello from server 1 2 [ 4 ]');
  });

  it.each([
    ['old-form.cjs', 'other: user disconnected'],
    ['forms.cjs', 'called, then attached true true true true'],
    ['chat.mjs', 'the server closes'],
  ])('runs %s', async (name, line) => {
    const [printed, expected] = await Promise.all([ours.start(name).ended, stock.start(name).ended]);
    expect(expected).toContain(line);
    // The order of two clients in a broadcast is undefined.
    expect(sorted(printed)).toEqual(sorted(expected));
  });
});

function sorted(text: string): string[] {
  return text.split('\n').sort();
}
