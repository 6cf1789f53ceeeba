import { describe, expect, it } from 'vitest';
import { join, stage } from '../../../../../test/kit/servers/test-server.js';
import { ParserCodec } from '../../../src/namespace/event/codec.js';
import { OutgoingEvent } from '../../../src/namespace/event/outgoing-event.js';
import { EffectiveRooms } from '../../../src/namespace/log/effective-rooms.js';
import { presenceContext } from '../../../src/namespace/presence/announce.js';
import { Rooms } from '../../../src/namespace/rooms.js';
import type { Member } from '../../../src/namespace/socket/socket.js';
import type { EncodedPacket } from '../../../src/transport/encoded-packet.js';
import { Town, visit } from './town.js';

describe('a presence announcement', () => {
  it('goes only to the members of the room, encoded once for all, after earlier messages', async () => {
    const server = stage({ connectionStateRecovery: {} });
    const clients = [await join(server), await join(server), await join(server)];
    const [one, two] = [...server.io.sockets.sockets.values()];
    one?.join('lobby');
    two?.join('lobby');
    server.io.to('lobby').emit('say', 1);
    if (one) server.io.presence('lobby', { announce: true }).join(one, { id: 'ann' });
    await server.clock.settle();
    const member = JSON.stringify({ id: 'ann', state: null, connections: 1, since: server.clock.now() });
    const [say, joined] = clients[1]?.texts ?? [];
    expect(say).toMatch(/^42\["say",1,/);
    // Without an offset: it must not move a slow client on.
    expect(joined).toBe(`42["naru:presence:join","lobby",${member}]`);
    expect(clients[2]?.texts).toEqual([]);
  });

  it('reaches sockets at a process where nobody is present while the program listens there', async () => {
    const town = new Town();
    const [one, two] = [town.start(), town.start()];
    two.io.on('connection', (socket) => socket.join('lobby'));
    const observer = await visit(two);
    const told: string[] = [];
    for (const event of ['list', 'join', 'update', 'leave'])
      observer.on(`naru:presence:${event}`, (room, { id }) => told.push(`${event} ${room} ${id}`));
    const ben = await visit(one);
    const [socket] = [...one.io.sockets.sockets.values()];
    if (!socket) return expect.unreachable();
    const come = async (): Promise<void> => {
      one.io.presence('lobby', { announce: true }).join(socket, { id: 'ben' }).update(socket, 1);
      await town.clock.settle();
      one.io.presence('lobby').update(socket, 2);
      await town.clock.advance(1_500);
      one.io.presence('lobby').leave(socket);
      await town.clock.advance(1_500);
    };
    await come();
    expect(told).toEqual([]);
    const presence = two.io.presence('lobby', { announce: true }).on('join', () => undefined);
    await come();
    expect(told).toEqual(['join lobby ben', 'update lobby ben', 'leave lobby ben']);
    presence.off();
    await come();
    expect(told).toHaveLength(3);
    ben.disconnect();
  });

  it('can be written by wires with another form, with any parser', () => {
    const members = new Rooms<Member>(10);
    const forms: unknown[] = [];
    const member = {
      id: 's1',
      isInOwnRoom: false,
      joinedRooms: undefined,
      sendEncoded: ([packet]: readonly EncodedPacket[]) => {
        const source = packet?.source;
        if (source instanceof OutgoingEvent) forms.push(source.name, source.args(), source.offset, [...source.rooms]);
      },
    } as unknown as Member;
    members.add(member);
    members.join(member, 'lobby');
    class Encoder {
      encode(packet: unknown): unknown[] {
        return [JSON.stringify(packet)];
      }
    }
    class Decoder {}
    const codec = new ParserCodec({ Encoder, Decoder } as never);
    type PresenceServer = Parameters<typeof presenceContext>[2];
    const presence = presenceContext(
      {
        name: '/',
        members,
        recipients: new EffectiveRooms(members),
        inOrder(operation) {
          forms.push('in order');
          operation();
        },
      },
      codec,
      {} as PresenceServer,
    );
    presence.tell('lobby', 'naru:presence:join', ['lobby', { id: 'ann' }]);
    presence.tell('hall', 'naru:presence:join', ['hall', { id: 'ann' }]);
    expect(forms).toEqual([
      'in order',
      'naru:presence:join',
      ['lobby', { id: 'ann' }],
      undefined,
      ['lobby'],
      'in order',
    ]);
  });
});
