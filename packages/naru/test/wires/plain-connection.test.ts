import { describe, expect, it } from 'vitest';
import { join, membersIn, stage } from '../../../../test/kit/servers/test-server.js';
import { catchUncaught } from '../../../../test/kit/uncaught.js';
import { MemoryTransport, type TestServer } from '../../../testing/src/entry/index.js';
import { ProtocolError } from '../../src/base/errors.js';
import type { OutgoingEvent } from '../../src/namespace/event/outgoing-event.js';
import type { Member } from '../../src/namespace/socket/socket.js';
import { endMembership } from '../../src/server/api/guard-host.js';
import { endpointContextOf } from '../../src/server/api/server.js';
import { HandshakeRequest } from '../../src/session/handshake-request.js';
import type { Session } from '../../src/session/session.js';
import { EncodedPacket, type Unit } from '../../src/transport/encoded-packet.js';
import { NOBODY } from '../../src/transport/transport.js';
import { PlainConnection } from '../../src/wires/plain-connection.js';

const WIRE = {};

/**
 * A wire for tests: `enter <namespace>`, `<event> <json>`, `ack <id> <json>`, `bye`. A line that begins with `!` breaks
 * the rules.
 */
class TestWire extends PlainConnection {
  made = 0;

  protected onUnit(unit: Unit): void {
    const [, verb = '', rest = ''] = /^(\S+) ?(.*)$/.exec(String(unit)) ?? [];
    if (verb.startsWith('!')) throw new ProtocolError('PLAIN_BAD_INPUT', 'no such verb');
    if (verb === 'enter') this.connect(rest, { word: 'sesame' });
    else if (verb === 'bye') this.close('client namespace disconnect');
    else if (verb === 'ack') this.receiveAck(Number(rest.split(' ')[0]), JSON.parse(rest.slice(rest.indexOf('['))));
    else this.receiveEvent(verb, JSON.parse(rest), verb === 'ask' ? 5 : undefined);
  }

  protected onConnected(member: Member): void {
    this.#say(`in ${member.namespace.name}`);
  }

  protected onRefused(message: string, data: unknown): void {
    this.#say(`out ${message} ${JSON.stringify(data)}`);
  }

  protected onBadInput(error: ProtocolError): void {
    this.#say(`error ${error.message}`);
  }

  protected onDisconnect(why: { readonly code: string } | undefined): void {
    this.#say(why ? `put out ${why.code}` : 'put out');
  }

  protected encodeEvent(event: OutgoingEvent): readonly EncodedPacket[] {
    return event.formFor(WIRE, () => {
      this.made += 1;
      return [new EncodedPacket(`${event.name} ${event.id ?? ''}${event.json} ${[...event.rooms].join()}`)];
    });
  }

  protected encodeAck(id: number, args: readonly unknown[]): readonly EncodedPacket[] {
    return [new EncodedPacket(`ack ${id} ${JSON.stringify(args)}`)];
  }

  #say(text: string): void {
    this.send(new EncodedPacket(text));
  }
}

function connect(server: TestServer) {
  const transport = new MemoryTransport(server.clock, NOBODY, { name: 'tcp', isPlain: true });
  const { namespaces } = endpointContextOf(server.io);
  const handshake = HandshakeRequest.of({ url: '/?transport=tcp', remoteAddress: '10.0.0.1', isSecure: true });
  let wire: TestWire | undefined;
  const session = server.io.engine.openSession(transport, handshake, {
    subprotocol: 'line',
    receiver: (opened: Session) => {
      wire = new TestWire(namespaces, opened);
    },
  });
  if (!session || !wire) throw new Error('the engine took no session');
  const say = async (...lines: string[]): Promise<void> => {
    for (const line of lines) transport.peer.send(line);
    await server.clock.settle();
  };
  return { session, wire, say, peer: transport.peer };
}

describe('a plain connection', () => {
  it('tells its client why its membership ends', async () => {
    const server = stage();
    const client = connect(server);
    await client.say('enter /');
    const [{ socket } = {}] = membersIn(server);
    if (socket) endMembership(socket, { code: 'OVER', message: 'it is over' }, false);
    await server.clock.settle();
    expect(client.peer.received.slice(1)).toEqual([
      'naru:ended [{"code":"OVER","message":"it is over"}] ',
      'put out OVER',
    ]);
  });

  it('makes its client a socket like any other', async () => {
    const server = stage();
    const seen: unknown[] = [];
    server.io.on('connection', (socket) => {
      const { conn, handshake } = socket;
      seen.push([conn.transport.name, conn.subprotocol, handshake.auth, handshake.address, handshake.secure]);
      socket.on('say', (...args) => seen.push(args));
      socket.on('disconnect', (reason) => seen.push(reason));
      socket.join('lobby');
    });
    const client = connect(server);
    const stock = await join(server);
    await client.say('enter /', 'say [1,"x"]');
    server.io.to('lobby').emit('news', { n: 1 });
    server.io.emit('all');
    await server.clock.settle();
    expect(client.peer.received).toEqual(['in /', 'news [{"n":1}] lobby', 'all [] ']);
    expect(stock.texts).toEqual(['42["news",{"n":1}]', '42["all"]']);
    await client.say('bye');
    expect(client.peer.ended !== undefined).toBe(true);
    expect(seen.slice(1)).toEqual([
      ['tcp', 'line', { word: 'sesame' }, '10.0.0.1', true],
      [1, 'x'],
      'client namespace disconnect',
    ]);
  });

  it('encodes an event once for all clients of a wire', async () => {
    const server = stage();
    const clients = [connect(server), connect(server), connect(server)];
    for (const client of clients) await client.say('enter /');
    server.io.emit('news', 1);
    server.io.to(clients.map(({ wire }) => wire.member?.id ?? '')).emit('news', 2);
    await server.clock.settle();
    for (const { peer } of clients)
      expect(peer.received.slice(1).map((unit) => String(unit).slice(0, 8))).toEqual(['news [1]', 'news [2]']);
    expect(clients.reduce((made, { wire }) => made + wire.made, 0)).toBe(2);
  });

  it('carries acknowledgements both ways', async () => {
    const server = stage();
    const answers: unknown[] = [];
    server.io.on('connection', (socket) => {
      socket.on('ask', (question, answer) => answer(question, 'yes'));
      socket.emit('well', (answer: unknown) => answers.push(answer));
    });
    const client = connect(server);
    await client.say('enter /', 'ask ["is it?"]');
    expect(client.peer.received).toEqual(['in /', 'well 0[] ', 'ack 5 ["is it?","yes"]']);
    await client.say('ack 0 ["fine"]');
    expect(answers).toEqual(['fine']);
  });

  it('learns why middleware or an unknown namespace refuses it', async () => {
    const server = stage();
    server.io.use((_socket, next) => next(Object.assign(new Error('no entry'), { data: { code: 7 } })));
    const [one, other] = [connect(server), connect(server)];
    await one.say('enter /');
    await other.say('enter /nowhere');
    expect([one.peer.received, one.peer.ended !== undefined]).toEqual([['out no entry {"code":7}'], true]);
    expect([other.peer.received, other.peer.ended !== undefined]).toEqual([['out Invalid namespace undefined'], true]);
  });

  it('is refused by middleware that gives anything but an error', async () => {
    const server = stage();
    server.io.use((_socket, next) => next('no' as never));
    const client = connect(server);
    await client.say('enter /');
    expect([client.peer.received, client.peer.ended !== undefined]).toEqual([['out refused undefined'], true]);
  });

  it('names the error and ends with parse error, alone', async () => {
    const server = stage();
    const reasons: unknown[] = [];
    server.io.on('connection', (socket) => {
      socket.on('disconnect', (reason, details) => reasons.push([reason, (details as Error | undefined)?.message]));
    });
    const [bad, good] = [connect(server), connect(server)];
    await bad.say('enter /');
    await good.say('enter /');
    await bad.say('!', 'say [1]');
    expect([bad.peer.received, bad.peer.ended !== undefined]).toEqual([['in /', 'error no such verb'], true]);
    expect(reasons).toEqual([['parse error', 'no such verb']]);
    await good.say('disconnect []');
    expect(good.peer.received.at(-1)).toBe('error "disconnect" is a reserved event name');
  });

  it('accepts no event before the entry or after the end', async () => {
    const server = stage();
    const client = connect(server);
    await client.say('say []');
    expect(client.peer.received).toEqual(['error the client sent an event before it joined a namespace']);
  });

  it('is told when the server disconnects it', async () => {
    const server = stage();
    const reasons: unknown[] = [];
    server.io.on('connection', (socket) => {
      socket.on('disconnect', (reason) => reasons.push(reason));
      socket.on('go', () => socket.disconnect());
      socket.on('vanish', () => socket.disconnect(true));
    });
    for (const verb of ['go', 'vanish']) {
      const client = connect(server);
      await client.say('enter /', `${verb} []`);
      expect([client.peer.received, client.peer.ended !== undefined]).toEqual([['in /', 'put out'], true]);
    }
    expect(reasons).toEqual(['server namespace disconnect', 'server namespace disconnect']);
  });

  it('is closed when it does not enter within connectTimeout', async () => {
    const server = stage({ connectTimeout: 1_000 });
    const [idle, member] = [connect(server), connect(server)];
    await member.say('enter /');
    await server.clock.advance(1_000);
    expect([idle.peer.ended !== undefined, member.peer.ended !== undefined]).toEqual([true, false]);
  });

  it('is exempt from the heartbeat of the engine', async () => {
    const server = stage({ pingInterval: 100, pingTimeout: 100 });
    const client = connect(server);
    let quiet = 0;
    client.wire.onQuiet = () => {
      quiet += 1;
    };
    await client.say('enter /');
    await server.clock.advance(1_050);
    expect([client.peer.received, client.peer.ended !== undefined, quiet]).toEqual([['in /'], false, 10]);
  });

  it('continues after a listener that throws', async () => {
    const uncaught = catchUncaught();
    const server = stage();
    const heard: unknown[] = [];
    server.io.on('connection', (socket) => {
      socket.on('fail', () => {
        throw new Error('mine');
      });
      socket.on('say', (word) => heard.push(word));
    });
    const client = connect(server);
    await client.say('enter /', 'fail []', 'say ["on"]');
    expect([heard, uncaught, client.peer.ended !== undefined]).toEqual([['on'], ['mine'], false]);
  });

  it('drops volatile events while others wait', async () => {
    const server = stage();
    const client = connect(server);
    await client.say('enter /');
    client.peer.pause();
    for (let count = 0; count < 3; count += 1) server.io.emit('big', 'x'.repeat(40_000));
    await server.clock.settle();
    server.io.volatile.emit('now', 1);
    client.wire.member?.socket.volatile.emit('now', 2);
    client.peer.resume();
    await server.clock.settle();
    expect(client.peer.received.map((unit) => String(unit).slice(0, 3))).toEqual(['in ', 'big', 'big', 'big']);
  });
});
