import { describe, expect, it } from 'vitest';
import { RawClient } from '../scenario/raw-client.js';
import { join, stage } from './stage.js';

describe('ParentNamespace', () => {
  it('gives its middleware and listeners to its children, and speaks to all of them', async () => {
    const server = stage();
    const parent = server.io.of(/^\/p/);
    const seen: string[] = [];
    parent.use((socket, next) => {
      seen.push(`use ${socket.nsp.name}`);
      next(socket.handshake.auth.bad ? new TypeError('bad') : undefined);
    });
    parent.on('connection', (socket) => seen.push(`connection ${socket.nsp.name}`));
    const [a, b] = [await join(server, '40/p1,'), await join(server, '40/p2,')];
    parent.emit('hi');
    server.io.of('/p1').emit('only one');
    await server.clock.settle();
    expect(seen).toEqual(['use /p1', 'connection /p1', 'use /p2', 'connection /p2']);
    expect(a.texts).toEqual(['42/p1,["hi"]', '42/p1,["only one"]']);
    expect(b.texts).toEqual(['42/p2,["hi"]']);
    const refused = await RawClient.open(server);
    refused.send('40/p3,{"bad":1}');
    await server.clock.settle();
    expect(refused.texts.at(-1)).toBe('44/p3,{"message":"bad"}');
  });
});
