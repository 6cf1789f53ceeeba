/** Programs change the rooms of clients that are on their way from one server to another, or away. */
import { describe, expect, it, vi } from 'vitest';
import { UnavailableError } from '../../../packages/naru/src/base/errors.js';
import { type LateClient, type LateNode, LateStage } from './late-nodes.js';

/** Milliseconds after the client has asked for its session, in which the change is made. */
const TIMES = Array.from({ length: 90 }, (_, at) => at);

/** Servers that hear each other after different times, and a client that has got an event from the first one. */
async function build(seed: number, callMs: readonly [number, number] = [1, 12]) {
  const stage = new LateStage({ seed, callMs, pushMs: [1, 40] });
  const nodes = [await stage.node(), await stage.node(), await stage.node()] as const;
  const [one, other] = nodes;
  const client = await one.enter();
  for (const node of nodes) await node.enter();
  one.io.emit('seen');
  await stage.clock.advance(500);
  return { clock: stage.clock, nodes, other, client, id: client.answer?.sid ?? '' };
}

type Change = (io: LateNode['io'], id: string) => void;

/**
 * Has each server make a change at each time while the client comes back at the second one. Returns what the client
 * gets there.
 */
async function whileMoving(change: Change, before: Change = () => undefined): Promise<Map<string, LateClient>> {
  const clients = new Map<string, LateClient>();
  for (const at of TIMES) {
    const { clock, nodes, other, client, id } = await build(at + 1);
    const by = at % 3;
    const { io } = nodes[by] as LateNode;
    before(io, id);
    await clock.advance(500);
    const again = await other.enter(client.auth, at);
    change(io, id);
    await clock.advance(1_000);
    io.to('r').emit('later');
    io.emit('last');
    await clock.advance(1_000);
    clients.set(`server ${by} after ${at} ms`, again);
  }
  return clients;
}

function eventsOf(clients: ReadonlyMap<string, LateClient>): [when: string, events: string[]][] {
  return [...clients].map(([when, { events }]) => [when, events]);
}

describe('a client that comes back to another server', () => {
  it('is in a room that it is made to join meanwhile, from that place on', async () => {
    const got = await whileMoving((io, id) => {
      io.to('r').emit('before');
      io.in(id).socketsJoin('r');
      io.to('r').emit('after');
    });
    expect(eventsOf(got)).toEqual([...got.keys()].map((when) => [when, ['after', 'later', 'last']]));
  });

  it('is not in a room that it is made to leave meanwhile, from that place on', async () => {
    const leave: Change = (io, id) => {
      io.to('r').emit('before');
      io.in(id).socketsLeave('r');
      io.to('r').emit('after');
    };
    const got = await whileMoving(leave, (io, id) => io.in(id).socketsJoin('r'));
    expect(eventsOf(got)).toEqual([...got.keys()].map((when) => [when, ['before', 'last']]));
  });

  it('is told that it was disconnected meanwhile', async () => {
    const got = await whileMoving((io, id) => io.in(id).disconnectSockets());
    const untold = [...got].filter(([, { raw, events }]) => !raw.texts.includes('41') && events[0] !== 'naru:gap');
    expect(untold).toEqual([]);
  });
});

describe('a client that comes back to its server, which counts it as connected', () => {
  it('is in a room that it is made to join while it passes the middleware', async () => {
    const { node, id, sayAll } = await comeBackInMiddleware();
    node.io.in(id).socketsJoin('r');
    expect(await sayAll()).toEqual(['all', 'r', 'secret']);
  });

  it('keeps the changes that were made while it passes the middleware, although its old connection ends there', async () => {
    const { client, node, clock, id, sayAll } = await comeBackInMiddleware();
    node.io.in(id).socketsJoin('r');
    node.io.in(id).socketsLeave('secret');
    await clock.advance(50);
    client.cut();
    expect(await sayAll()).toEqual(['all', 'r']);
  });

  it('gets no session that ended while it passes the middleware', async () => {
    const { node, again, id, sayAll } = await comeBackInMiddleware();
    node.io.in(id).disconnectSockets();
    expect([await sayAll(), again.answer, again.raw.ended]).toEqual([[], undefined, expect.anything()]);
  });
});

/** Has a client in the room `secret` come back to its server. It is in the middleware of the new connection then. */
async function comeBackInMiddleware() {
  const stage = new LateStage();
  const { clock } = stage;
  const recovery = { connectionStateRecovery: { maxDisconnectionDuration: 600_000, skipMiddlewares: false } };
  const node = await stage.node(recovery);
  const client = await node.enter();
  const id = client.answer?.sid ?? '';
  node.io.in(id).socketsJoin('secret');
  node.io.emit('seen');
  await clock.advance(500);
  node.io.use((_socket, next) => void clock.setTimeout(next, 300, undefined));
  const again = await node.enter(client.auth, 200);
  /** Returns the events that the client gets after the middleware. */
  const sayAll = async (): Promise<string[]> => {
    await clock.advance(500);
    for (const room of ['r', 'secret']) node.io.to(room).emit(room);
    node.io.emit('all');
    await clock.advance(500);
    return again.events.toSorted();
  };
  return { clock, node, client, id, again, sayAll };
}

/**
 * Has the server of a client change its rooms. Returns what the client gets when it comes back there, with what it had
 * before that.
 */
async function comeBackAfter(change: (io: LateNode['io'], id: string, client: LateClient) => void): Promise<string[]> {
  const { clock, nodes, client, id } = await build(1);
  const [one] = nodes;
  const { auth } = client;
  change(one.io, id, client);
  await clock.advance(1_000);
  const again = await one.enter(auth);
  await clock.advance(1_000);
  return again.events;
}

describe('a client that has missed changes, and reads them from the log', () => {
  it('gets nothing from before it joined a room that it was made to leave a moment earlier', async () => {
    const events = await comeBackAfter((io, id) => {
      io.to('r').emit('before');
      io.in(id).socketsLeave('r');
      io.to('r').emit('between');
      io.in(id).socketsJoin('r');
      io.to('r').emit('after');
    });
    expect(events).toEqual(['after']);
  });

  it('gets nothing from before it joined a room just as its connection broke', async () => {
    const events = await comeBackAfter((io, id, client) => {
      io.to('r').emit('before');
      io.in(id).socketsJoin('r');
      io.to('r').emit('after');
      client.cut();
    });
    expect(events).toEqual(['after']);
  });
});

describe('a client that comes back to its server while changes are on their way into the log', () => {
  const OPEN: readonly [what: string, isIn: boolean, expected: readonly string[]][] = [
    ['joins a room', true, ['after', 'later']],
    ['leaves a room', false, ['before']],
  ];
  it.each(OPEN)('%s from the place of the change on', async (_what, isIn, expected) => {
    for (const at of TIMES) {
      const { clock, nodes, client, id } = await build(at + 1, [1, 60]);
      const [one] = nodes;
      if (!isIn) one.io.in(id).socketsJoin('r');
      await clock.advance(500);
      const again = await one.enter(client.auth, at);
      one.io.to('r').emit('before');
      if (isIn) one.io.in(id).socketsJoin('r');
      else one.io.in(id).socketsLeave('r');
      one.io.to('r').emit('after');
      await clock.advance(1_000);
      one.io.to('r').emit('later');
      await clock.advance(1_000);
      expect([at, ...again.events]).toEqual([at, ...expected]);
    }
  });
});

describe('a client that goes to another server while its own one cannot reach the home', () => {
  /**
   * The program of the first server, which is cut off, makes a change, and then the client goes. Returns what it gets
   * at the second server.
   */
  async function leaveBehind(isIn: boolean, change: Change): Promise<LateClient> {
    const { clock, nodes, other, client, id } = await build(1);
    const [one] = nodes;
    if (!isIn) one.io.in(id).socketsJoin('r');
    await clock.advance(500);
    one.part.line.cut(2_000);
    change(one.io, id);
    client.cut();
    const again = await other.enter(client.auth, 500);
    other.io.to('r').emit('before');
    await clock.advance(5_000);
    other.io.to('r').emit('after');
    await clock.advance(500);
    return again;
  }

  const WAYS: readonly [what: string, isIn: boolean, expected: readonly string[], change: Change][] = [
    ['a room that it has joined', true, ['after'], (io, id) => void io.sockets.sockets.get(id)?.join('r')],
    ['a room that it has left', false, ['before'], (io, id) => void io.sockets.sockets.get(id)?.leave('r')],
    ['a room that a call has it join', true, ['after'], (io, id) => io.in(id).socketsJoin('r')],
    ['a room that a call has it leave', false, ['before'], (io, id) => io.in(id).socketsLeave('r')],
  ];
  it.each(WAYS)('has %s changed when the home is back', async (_what, isIn, expected, change) => {
    expect((await leaveBehind(isIn, change)).events).toEqual(expected);
  });

  it.each([
    ['in a room that it has left there, and joins again here', true, ['before', 'after', 'last']],
    ['not in a room that it has joined there, and leaves again here', false, []],
  ] as const)('is %s, also at a third one', async (_what, isIn, expected) => {
    for (const waitMs of [50, 500, 2_500]) {
      const { clock, nodes, other, client, id } = await build(1);
      const [one, , third] = nodes;
      const room = (node: LateNode, joins: boolean): void => {
        void node.io.sockets.sockets.get(id)?.[joins ? 'join' : 'leave']('r');
      };
      if (isIn) one.io.in(id).socketsJoin('r');
      await clock.advance(500);
      one.part.line.cut(2_000);
      room(one, !isIn);
      client.cut();
      const again = await other.enter(client.auth, 500);
      room(other, isIn);
      await clock.advance(500);
      other.io.to('r').emit('before');
      await clock.advance(waitMs);
      if (waitMs < 1_000) {
        // The former server makes its change while nobody has the client.
        again.cut();
        other.kill();
      }
      await clock.advance(3_000);
      third.io.to('r').emit('after');
      await clock.advance(500);
      if (waitMs > 1_000) {
        again.cut();
        other.kill();
      }
      const last = await third.enter(again.auth, 1_000);
      third.io.to('r').emit('last');
      await clock.advance(1_000);
      expect([waitMs, ...new Set([...again.events, ...last.events])]).toEqual([waitMs, ...expected]);
    }
  });

  it.each([
    ['joined', 'the second server', ['after', 'last']],
    ['joined', 'a third server', ['after', 'last']],
    ['joined', 'a third server, because the second one was killed', ['after', 'last']],
    ['left', 'the second server', ['before']],
    ['left', 'a third server', ['before']],
    ['left', 'a third server, because the second one was killed', ['before']],
  ] as const)(
    'has a room that it has %s changed while nobody has it, and comes back to %s',
    async (what, where, expected) => {
      const isIn = what === 'joined';
      const { clock, nodes, other, client, id } = await build(1);
      const [one, , third] = nodes;
      if (!isIn) one.io.in(id).socketsJoin('r');
      await clock.advance(500);
      one.part.line.cut(2_000);
      void one.io.sockets.sockets.get(id)?.[isIn ? 'join' : 'leave']('r');
      client.cut();
      const again = await other.enter(client.auth, 500);
      again.cut();
      await clock.advance(300);
      third.io.to('r').emit('before');
      if (where.includes('killed')) other.kill();
      await clock.advance(5_000);
      third.io.to('r').emit('after');
      await clock.advance(500);
      const last = await (where.includes('third') ? third : other).enter(again.auth, 1_000);
      third.io.to('r').emit('last');
      await clock.advance(1_000);
      expect([...again.events, ...last.events]).toEqual(expected);
    },
  );

  it('has a room that it has joined when it comes back to a server that nobody else was at meanwhile', async () => {
    const stage = new LateStage();
    const { clock } = stage;
    const [one, other] = [await stage.node(), await stage.node()];
    const client = await one.enter();
    one.io.emit('seen');
    await clock.advance(500);
    one.part.line.cut(20_000);
    void one.io.sockets.sockets.get(client.answer?.sid ?? '')?.join('r');
    client.cut();
    const again = await other.enter(client.auth, 500);
    again.cut();
    // A server hears a namespace for ten seconds after its last client.
    await clock.advance(30_000);
    const last = await other.enter(again.auth, 1_000);
    other.io.to('r').emit('last');
    await clock.advance(1_000);
    expect(last.events).toEqual(['last']);
  });

  it('has a room that it has joined when it comes back to its own server, which has not heard of the other one', async () => {
    const stage = new LateStage();
    const { clock, home } = stage;
    const [one, other] = [await stage.node(), await stage.node()];
    const client = await one.enter();
    one.io.emit('seen');
    await clock.advance(500);
    vi.spyOn(home.storeOf('/'), 'swap').mockImplementationOnce(() => {
      throw new UnavailableError('NOT_KEPT', 'The home has no room.');
    });
    void one.io.sockets.sockets.get(client.answer?.sid ?? '')?.join('r');
    await clock.advance(100);
    // The other server takes the session, and dies before it tells that.
    const again = await other.enter(client.auth, 0);
    while (!again.answer) await clock.advance(1);
    other.kill();
    const last = await one.enter(again.auth, 1_000);
    one.io.to('r').emit('last');
    await clock.advance(1_000);
    expect([last.answer?.sid, ...last.events]).toEqual([client.answer?.sid, 'last']);
  });

  it('leaves a room by a call after it has joined it', async () => {
    const again = await leaveBehind(true, (io, id) => {
      io.sockets.sockets.get(id)?.join('r');
      io.in(id).socketsLeave('r');
    });
    expect(again.events).toEqual([]);
  });
});
