import { describe, expect, it, vi } from 'vitest';
import { RawClient } from '../../../../test/kit/clients/raw-client.js';
import { join, stage } from '../../../../test/kit/servers/test-server.js';
import { NamespaceCore } from '../../src/namespace/namespace-core.js';

describe('NamespaceCore', () => {
  it('forgets a client that leaves while the middleware runs', async () => {
    const server = stage();
    server.io.use((_socket, next) => server.clock.setTimeout(next, 100, undefined));
    let count = 0;
    server.io.on('connection', () => {
      count += 1;
    });
    const client = await RawClient.open(server);
    client.send('40');
    await server.clock.settle();
    client.terminate();
    await server.clock.advance(100);
    expect(count).toBe(0);
    expect(server.leftovers()).toMatchObject({ sessions: 0, sockets: 0, rooms: 0 });
  });

  it('keeps nothing of a question to many after its time, or after all answers', async () => {
    const server = stage();
    const tables = vi.spyOn(NamespaceCore.prototype, 'createAcks');
    const [a, b] = [await join(server), await join(server)];
    const nobody = server.io.timeout(1_000).emitWithAck('q');
    await server.clock.settle();
    a.send(`43${a.texts[0]?.match(/^42(\d+)/)?.[1]}["A"]`);
    await server.clock.settle();
    const counts = (): number[] => tables.mock.results.map(({ value }) => value.count);
    expect(counts().sort()).toEqual([0, 1]);
    nobody.catch(() => undefined);
    await server.clock.advance(1_000);
    await expect(nobody).rejects.toMatchObject({ code: 'TIMEOUT', responses: ['A'] });
    expect(counts()).toEqual([0, 0]);
    expect(b.texts).toHaveLength(1);
    tables.mockRestore();
  });
});
