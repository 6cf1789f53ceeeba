import { expect, it } from 'vitest';
import { type Node, startNodes } from './nodes.js';

it('erases for the stock clients of all processes of a folder', async () => {
  const nodes = await startNodes(['a', 'b'], 1);
  const [a, b] = nodes as [Node, Node];
  const heard: unknown[][] = [];
  const [client] = b.clients;
  client?.onAny((...event: unknown[]) => heard.push(event));
  await a.run('io.emit("hello")');
  await expect.poll(() => heard.length).toBe(1);
  const goAway = async (): Promise<void> => {
    client?.io.reconnectionDelay(1_500);
    client?.io.engine.close();
    await expect.poll(() => client?.connected).toBe(false);
  };
  await goAway();
  const program = `
    io.to('all').by('ann').emit('say', 'a secret');
    io.to('a').by('ann').emit('say', 'for others');
    await new Promise((resolve) => setTimeout(resolve, 50));
    const count = await io.erase({ by: 'ann' });
    io.emit('bye');
    return count;`;
  expect(await a.run(program)).toMatchObject({ value: 2 });
  await expect.poll(() => heard.length, { timeout: 10_000 }).toBe(3);
  expect(client?.recovered).toBe(true);
  expect(heard.map(([name]) => name)).toEqual(['hello', 'naru:gap', 'bye']);
  expect(JSON.stringify(heard)).not.toContain('secret');
  // The client was told, and comes back a second time.
  await goAway();
  await a.run('io.emit("again")');
  await expect.poll(() => heard.length, { timeout: 10_000 }).toBe(4);
  expect(heard.at(-1)?.[0]).toBe('again');
});
