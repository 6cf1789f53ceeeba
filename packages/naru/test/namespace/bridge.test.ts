/** Namespaces of servers with a bridge that notes what it is asked for, on a simulated home. */
import { describe, expect, it } from 'vitest';
import { LateStage } from '../../../../test/scenario/late/late-nodes.js';
import type { Bridge, BridgedNamespace, FarAnswerHandler, Target } from '../../src/entry/bridge.js';

/** A server with a client in the room `home`, and its bridge. */
async function build(stage = new LateStage()) {
  const said: unknown[] = [];
  const namespaces = new Map<string, BridgedNamespace>();
  let asking: FarAnswerHandler | undefined;
  const facts = { id: 'far', handshake: {}, rooms: ['far', 'home'], data: undefined } as never;
  const shown = ({ rooms, except }: Target) => [[...rooms], [...except]];
  const bridge: Bridge = {
    open: ({ isLogged }) => {
      said.push(['open', isLogged('/'), isLogged('/free')]);
      return {
        join: (namespace) => {
          namespaces.set(namespace.name, namespace);
          return {
            send: (target, data) =>
              namespace.whenKept(() => said.push(['send', namespace.name, ...shown(target), data])),
            act: (target, action) => said.push(['act', ...shown(target), action]),
            ask: (_target, data, handler) => {
              said.push(['ask', data]);
              asking = handler;
              return () => ['far node'];
            },
            fetch: async () => ({ found: [facts], missing: [] }),
            emit: (args) => said.push(['emit', args]),
            emitWithAck: async (args) => {
              if (args[0] === 'fails')
                throw Object.assign(new Error('silent'), { responses: ['far'], missing: ['far node'] });
              return ['far'];
            },
            isWaiting: false,
            close: () => said.push(['close', namespace.name]),
          };
        },
        close: async () => void said.push('closed'),
        reopen: () => undefined,
      };
    },
  };
  const node = await stage.node({ bridge, withoutLog: '/free' });
  node.io.on('connection', (socket) => {
    socket.join('home');
  });
  const client = await node.enter();
  const main = namespaces.get('/') as BridgedNamespace;
  return { stage, node, client, said, main, namespaces, asking: () => asking as FarAnswerHandler };
}

const HOME: Target = { rooms: new Set(['home']), except: new Set(), flags: {} };

describe('a namespace with a bridge', () => {
  it('sends events when the log has them, in order, and not those for this server alone', async () => {
    const { stage, node, said, client } = await build();
    expect(said.splice(0)).toEqual([['open', true, false]]);
    const { io } = node;
    io.to('home').except('b').emit('one', 1);
    io.local.emit('here');
    io.emit('two');
    io.of('/free').emit('free');
    await stage.clock.advance(0);
    // Nothing but the event without a log goes out before the log has the others.
    expect(said.splice(0)).toEqual([['send', '/free', [], [], ['free']]]);
    await stage.clock.advance(100);
    expect(said.splice(0)).toEqual([
      ['send', '/', ['home'], ['b'], ['one', 1]],
      ['send', '/', [], [], ['two']],
    ]);
    stage.home.stop();
    io.emit('late');
    await stage.clock.advance(5_000);
    expect(said.splice(0)).toEqual([['close', '/free']]);
    stage.home.start();
    await stage.clock.advance(10_000);
    expect(said).toEqual([['send', '/', [], [], ['late']]]);
    expect(client.events).toEqual(['one', 'here', 'two', 'late']);
  });

  it('gives the events and changes of the other servers to its clients, and sends none of them back', async () => {
    const { stage, client, said, main } = await build();
    said.length = 0;
    const other = await stage.node();
    other.io.on('connection', (socket) => {
      socket.join('home');
    });
    const far = await other.enter();
    main.deliver(HOME, ['first']);
    main.act(HOME, ['join', ['new']]);
    main.deliver({ ...HOME, rooms: new Set(['new']) }, ['second']);
    main.act(HOME, ['leave', ['new']]);
    main.deliver({ ...HOME, rooms: new Set(['new']) }, ['nobody']);
    await stage.clock.advance(2_000);
    main.deliver({ ...HOME, flags: { volatile: true } }, ['volatile']);
    await stage.clock.advance(500);
    // Each server hears volatile events for itself.
    expect(client.events).toEqual(['first', 'second', 'volatile']);
    expect(far.events).toEqual(['first', 'second']);
    expect([...main.rooms()]).toContain('home');
    expect(main.describe(HOME).length).toBe(1);
    expect(said).toEqual([]);
  });

  it('asks all servers for sockets, changes and answers', async () => {
    const { stage, node, client, said, asking } = await build();
    said.length = 0;
    const { io } = node;
    expect((await io.fetchSockets()).map(({ id }) => id)).toContain('far');
    expect((await io.local.fetchSockets()).length).toBe(1);
    io.in('home').socketsJoin('new');
    io.in('home').local.socketsLeave('new');
    const asked = io.timeout(1_000).emitWithAck('asks', 1);
    await stage.clock.advance(100);
    const id = client.raw.texts.find((text) => text.includes('asks'))?.match(/^42(\d+)/)?.[1];
    client.raw.send(`43${id}["near"]`);
    asking().onAnswer('far');
    asking().onComplete([]);
    await stage.clock.advance(100);
    expect((await asked).sort()).toEqual(['far', 'near']);
    expect(said).toEqual([
      ['act', ['home'], [], ['join', ['new']]],
      ['ask', ['asks', 1]],
    ]);
    const late = io.timeout(1_000).emitWithAck('asks', 2);
    const rejected = expect(late).rejects.toMatchObject({ missing: ['far node'] });
    await stage.clock.advance(2_000);
    await rejected;
  });

  it('calls the listeners of all servers', async () => {
    const { stage, node, said } = await build();
    const other = await stage.node();
    other.io.on('name', (_value, answer) => answer?.('near'));
    other.io.on('fails', (answer) => answer?.('near'));
    said.length = 0;
    node.io.serverSideEmit('name', 1);
    expect(said).toEqual([['emit', ['name', 1]]]);
    const both = node.io.serverSideEmitWithAck('name', 1);
    const failing = node.io.serverSideEmitWithAck('fails').catch((error) => error);
    await stage.clock.advance(500);
    expect((await both).sort()).toEqual(['far', 'near']);
    expect(await failing).toMatchObject({ responses: ['near', 'far'], missing: ['far node'] });
  });

  it('leaves the bridge when nobody uses it any more, and with its server', async () => {
    const { stage, node, said, namespaces } = await build();
    node.io.of('/side').emit('x');
    expect([...namespaces.keys()]).toEqual(['/', '/side']);
    await stage.clock.advance(70_000);
    expect(said).toContainEqual(['close', '/side']);
    const closed = node.io.close();
    await stage.clock.advance(5_000);
    await closed;
    expect(said.at(-1)).toBe('closed');
  });
});

describe('events between servers', () => {
  it('have no name of the namespace’s own', async () => {
    const { node } = await build();
    for (const name of ['connection', 'new_namespace', 'connect'])
      expect(() => node.io.serverSideEmit(name)).toThrow(`"${name}" is a reserved event name`);
    await expect(node.io.serverSideEmitWithAck('connection')).rejects.toThrow('reserved');
  });
});
