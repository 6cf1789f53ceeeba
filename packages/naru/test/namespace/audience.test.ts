import { describe, expect, it } from 'vitest';
import { join, stage } from '../../../../test/kit/servers/test-server.js';
import type { Namespace } from '../../src/namespace/namespace.js';

describe('everybody in a namespace', () => {
  it('receives, is chosen, moved and disconnected as by an operator for everybody', async () => {
    const server = stage();
    const client = await join(server);
    const nsp = server.io.sockets as unknown as Namespace;
    const [id] = [...nsp.sockets.keys()] as [string];
    nsp.emit('a');
    nsp.send('b').write('c');
    nsp.compress(false).emit('d');
    nsp.local.emit('e');
    nsp.key('k').emit('f');
    nsp.in(id).emit('g');
    nsp.to(id).emit('h');
    nsp.except(id).emit('nobody');
    await server.clock.settle();
    expect(client.texts.map((text) => text.slice(2))).toEqual([
      '["a"]',
      '["message","b"]',
      '["message","c"]',
      '["d"]',
      '["e"]',
      '["f"]',
      '["g"]',
      '["h"]',
    ]);
    nsp.volatile.emit('v');
    await server.clock.settle();
    expect(client.texts.at(-1)).toBe('42["v"]');
    nsp.socketsJoin('room');
    expect([...(await nsp.allSockets())]).toEqual([id]);
    expect((await nsp.fetchSockets()).map(({ rooms }) => [...rooms])).toEqual([[id, 'room']]);
    nsp.socketsLeave('room');
    expect((await nsp.fetchSockets())[0]?.rooms.size).toBe(1);
    expect(await nsp.drained()).toBe(true);
    const asked = expect(nsp.timeout(100).emitWithAck('question')).rejects.toThrow(/timed out/);
    await server.clock.advance(100);
    await asked;
    nsp.disconnectSockets();
    await server.clock.settle();
    expect(client.texts.at(-1)).toBe('41');
  });
});
