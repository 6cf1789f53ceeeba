import { describe, expect, it } from 'vitest';
import type { RawClient } from '../../../../../test/kit/clients/raw-client.js';
import { join, membersIn, stage } from '../../../../../test/kit/servers/test-server.js';
import type { TestServer } from '../../../../testing/src/entry/index.js';
import { type Member, memberOf, Socket } from '../../../src/namespace/socket/socket.js';

async function enter(): Promise<{ server: TestServer; client: RawClient; member: Member; seen: unknown[] }> {
  const server = stage();
  const client = await join(server);
  const [member] = membersIn(server) as [Member];
  const seen: unknown[] = [];
  member.socket.on('n', (n: number) => seen.push(n));
  return { server, client, member, seen };
}

describe('Membership', () => {
  it('belongs to the socket that the application holds', async () => {
    const { server, member } = await enter();
    const [socket] = [...server.io.sockets.sockets.values()];
    expect(socket).toBeInstanceOf(Socket);
    expect(memberOf(member.socket)).toBe(member);
    expect([socket?.id, socket?.nsp]).toEqual([member.id, server.io.sockets]);
  });

  it('holds packets back in order, also if one of them holds back the later ones', async () => {
    const { server, client, member, seen } = await enter();
    let second = (): void => undefined;
    member.socket.on('n', (n: number) => {
      if (n === 3) second = member.intercept().hold();
    });
    const release = member.intercept().hold();
    client.send('42["n",1]', '42["n",2]');
    await server.clock.settle();
    expect(seen).toEqual([]);
    release();
    expect(seen).toEqual([1, 2]);
    const first = member.intercept().hold();
    client.send('42["n",3]', '42["n",4]');
    await server.clock.settle();
    first();
    expect(seen).toEqual([1, 2, 3]);
    second();
    expect(seen).toEqual([1, 2, 3, 4]);
  });

  it('leaves of its own accord if its DISCONNECT waits for an event when the connection ends', async () => {
    const { server, client, member } = await enter();
    const reasons: string[] = [];
    member.socket.on('disconnect', (reason) => reasons.push(reason));
    const release = member.intercept().hold();
    client.send('42["n",1]', '41');
    client.close();
    await server.clock.settle();
    release();
    expect(reasons).toEqual(['client namespace disconnect']);
  });

  it('ends, and delivers nothing more, when its client sends more than may be held back', async () => {
    const { server, client, member, seen } = await enter();
    const release = member.intercept().hold();
    for (let n = 0; n <= 1_000; n += 1) client.send(`42["n",${n}]`);
    await server.clock.settle();
    expect(member.isOver).toBe(true);
    release();
    client.send('42["n",1001]');
    await server.clock.settle();
    expect(seen).toEqual([]);
  });
});
