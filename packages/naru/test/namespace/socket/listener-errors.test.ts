import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import type { RawClient } from '../../../../../test/kit/clients/raw-client.js';
import { join, stage } from '../../../../../test/kit/servers/test-server.js';
import { catchUncaught } from '../../../../../test/kit/uncaught.js';
import { ListenerErrors } from '../../../src/namespace/socket/listener-errors.js';
import type { Socket } from '../../../src/namespace/socket/socket.js';
import { type Ack, KEY, once, ROW } from '../once/late-store.js';

const FAILED = '{"error":{"code":"LISTENER_FAILED","message":"the listener of this event has failed"}}';

/** How a listener fails: at once, or by a promise. */
const WAYS: readonly [string, (text: string) => unknown, (listener: () => unknown) => () => unknown][] = [
  [
    'throws',
    (text) => {
      throw new Error(text);
    },
    (listener) => listener,
  ],
  ['rejects', (text) => Promise.reject(new Error(text)), (listener) => async () => listener()],
];

/** A server with a hook, a client, and what the hook has taken. */
async function build(
  prepare: (socket: Socket) => unknown,
): Promise<{ client: RawClient; taken: unknown[]; settle(): Promise<void> }> {
  const server = stage();
  const taken: unknown[] = [];
  const ids: string[] = [];
  server.io.onListenerError((error, { event, socket }) => {
    taken.push([(error as Error).message, event, socket.id === ids[0]]);
  });
  server.io.on('connection', (socket) => {
    ids.push(socket.id);
    return prepare(socket);
  });
  const client = await join(server);
  return { client, taken, settle: () => server.clock.settle() };
}

describe.each(WAYS)('a listener that %s', (way, fail, listening) => {
  it('is told to the hook with its event and its socket, and the sender gets an error without details', async () => {
    const { client, taken, settle } = await build((socket) => {
      socket.on('order', () => fail('a secret'));
      socket.on('later', (done: Ack) => done('fine'));
    });
    client.send('421["order","tea"]', '42["order"]', '422["later"]');
    await settle();
    expect(taken).toEqual([
      ['a secret', 'order', true],
      ['a secret', 'order', true],
    ]);
    expect([...client.texts].sort()).toEqual([`431[${FAILED}]`, '432["fine"]']);
  });

  it('does not answer a second time', async () => {
    const { client, taken, settle } = await build((socket) => {
      socket.on('order', (done: Ack) => {
        done('done');
        return fail('too late');
      });
    });
    client.send('421["order"]');
    await settle();
    expect([client.texts, taken]).toEqual([['431["done"]'], [['too late', 'order', true]]]);
  });

  it('is also a catch-all listener, middleware of a socket, or added with `once`', async () => {
    const { client, taken, settle } = await build((socket) => {
      socket.onAny((name) => (name === 'any' ? fail('any') : undefined));
      socket.use(([name], next) => (name === 'used' ? fail('used') : next()));
      socket.once('order', () => fail('once'));
    });
    client.send('421["any"]', '422["used"]', '423["order"]');
    await settle();
    expect(taken).toEqual([
      ['any', 'any', true],
      ['used', 'used', true],
      ['once', 'order', true],
    ]);
    expect([...client.texts].sort()).toEqual([`431[${FAILED}]`, `432[${FAILED}]`, `433[${FAILED}]`]);
  });

  it('is also one of `connection`, `disconnecting` or `disconnect`', async () => {
    const { client, taken, settle } = await build((socket) => {
      socket.on('disconnecting', () => fail('two'));
      socket.on('disconnect', () => fail('three'));
      return fail('one');
    });
    client.send('41');
    await settle();
    expect(taken).toEqual([
      ['one', 'connection', true],
      ['two', 'disconnecting', true],
      ['three', 'disconnect', true],
    ]);
  });

  it('runs again for the next try of its event with the same key', async () => {
    let runs = 0;
    const { client, taken, settle } = await build((socket) => {
      socket.on('order', (done: Ack) => {
        runs += 1;
        if (runs === 1) return fail('not now');
        done('done');
        return undefined;
      });
    });
    client.send(once(1, KEY, 'order'));
    await settle();
    client.send(once(2, KEY, 'order'));
    await settle();
    client.send(once(3, KEY, 'order'));
    await settle();
    expect([client.texts, taken]).toEqual([
      [`431[${FAILED}]`, '432["done"]', '433["done"]'],
      [['not now', 'order', true]],
    ]);
    expect(runs).toBe(2);
  });

  it('is answered although middleware has added arguments, and calls none of them', async () => {
    let helped = 0;
    const { client, taken, settle } = await build((socket) => {
      socket.use((event, next) => {
        event.push(() => {
          helped += 1;
        });
        next();
      });
      socket.on('order', () => fail('why'));
    });
    client.send('421["order"]', once(2, KEY, 'order'));
    await settle();
    expect([...client.texts].sort()).toEqual([`431[${FAILED}]`, `432[${FAILED}]`]);
    expect([taken.length, helped]).toEqual([2, 0]);
  });

  it('may be middleware after one that has waited', async () => {
    const { client, taken, settle } = await build((socket) => {
      socket.use((_event, next) => void Promise.resolve().then(() => next()));
      socket.use(() => fail('late') as never);
      socket.on('order', () => expect.unreachable());
    });
    client.send('421["order"]');
    await settle();
    expect([client.texts, taken]).toEqual([[`431[${FAILED}]`], [['late', 'order', true]]]);
  });

  it('leaves a later event of its row alone', async () => {
    let failLater: () => void = () => undefined;
    const { client, settle } = await build((socket) => {
      socket.on('order', (what: string, done: Ack) => {
        if (what === 'two') done('done');
        else
          return new Promise((_, reject) => {
            failLater = () => reject(new Error('late'));
          });
        return undefined;
      });
    });
    client.send(once(1, `${ROW}1`, 'order', 'one'), once(2, `${ROW}2`, 'order', 'two'));
    await settle();
    failLater();
    await settle();
    client.send(once(3, `${ROW}2`, 'order', 'two'), once(4, `${ROW}1`, 'order', 'one'));
    await settle();
    expect(client.texts.filter((text) => /^43[23]/.test(text))).toEqual(['432["done"]', '433["done"]']);
    expect(client.texts.find((text) => text.startsWith('434'))).toContain('STALE_KEY');
  });

  it('is an uncaught error without a hook, and the error names the event and the socket', async () => {
    const uncaught = catchUncaught();
    const server = stage();
    let [id, told]: [string, unknown] = ['', undefined];
    server.io.on('connection', (socket) => {
      ({ id } = socket);
      socket.on(
        'order',
        listening(() => fail('why')),
      );
    });
    const onEach = (error: unknown): void => {
      told = error;
    };
    for (const event of ['uncaughtException', 'unhandledRejection'] as const)
      process.on(event as 'exit', onEach as never);
    const client = await join(server);
    client.send('421["order"]');
    await server.clock.settle();
    await new Promise(setImmediate);
    expect([uncaught, client.texts]).toEqual([['why'], []]);
    expect((told as Error).stack?.split('\n').at(-1)).toBe(`    in a listener of "order" (socket ${id})`);
  });

  it('ends a process without a hook, which prints the event and the socket', () => {
    const listener = `${way === 'rejects' ? 'async ' : ''}() => { throw new Error('why'); }`;
    const program = `
      import { Server } from 'naru';
      import { io } from 'naru/client';
      const server = new Server(0);
      server.on('connection', (socket) => {
        console.log('socket ' + socket.id);
        socket.on('order', ${listener});
      });
      server.httpServer.once('listening', () => io('http://localhost:' + server.httpServer.address().port).emit('order'));
      setTimeout(() => console.log('it lives on'), 20_000);
    `;
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      encoding: 'utf8',
    });
    expect([status, stdout]).toEqual([1, expect.stringMatching(/^socket \S+\n$/)]);
    const id = stdout.slice('socket '.length, -1);
    expect(stderr).toContain('Error: why\n');
    expect(stderr).toContain(`\n    in a listener of "order" (socket ${id})\n`);
  });
});

it('stays what it is if a catch-all listener gets an event whose name is a number', async () => {
  const uncaught = catchUncaught();
  const server = stage();
  server.io.on('connection', (socket) => {
    socket.onAny(() => {
      throw new Error('why');
    });
  });
  const client = await join(server);
  client.send('42[7]');
  await server.clock.settle();
  expect(uncaught).toEqual(['why']);
});

describe('the hook for the errors of listeners', () => {
  it('is replaced by a second one, and taken away by `undefined`', async () => {
    const uncaught = catchUncaught();
    const server = stage();
    const seen: string[] = [];
    server.io.on('connection', (socket) => {
      socket.on('fail', (text: string) => {
        throw new Error(text);
      });
    });
    const client = await join(server);
    for (const name of ['one', 'two', undefined]) {
      const hook = (error: unknown): void => void seen.push(`${name}: ${(error as Error).message}`);
      server.io.onListenerError(name === undefined ? undefined : hook);
      client.send(`42["fail","${name}"]`);
      await server.clock.settle();
    }
    expect([seen, uncaught]).toEqual([['one: one', 'two: two'], ['undefined']]);
  });

  it('is missing: a promise that the program handles itself stays handled', async () => {
    const uncaught = catchUncaught();
    const server = stage();
    const caught: string[] = [];
    server.io.on('connection', (socket) => {
      socket.on('order', () => {
        const work = Promise.reject(new Error('mine'));
        work.catch((error) => caught.push(error.message));
        return work;
      });
    });
    const client = await join(server);
    client.send('42["order"]');
    await server.clock.settle();
    await new Promise(setImmediate);
    expect([caught, uncaught]).toEqual([['mine'], []]);
  });

  it('may fail itself, which is an uncaught error', async () => {
    const uncaught = catchUncaught();
    const server = stage();
    server.io.onListenerError(() => {
      throw new Error('of the hook');
    });
    server.io.of('/other').on('connection', () => {
      throw new Error('of the listener');
    });
    await join(server, '40/other,');
    await server.clock.settle();
    expect(uncaught).toEqual(['of the hook']);
  });

  it('must be a function', () => {
    const server = stage();
    for (const wrong of [null, 'log', {}])
      expect(() => server.io.onListenerError(wrong as never)).toThrow(/^onListenerError takes a function, got /);
  });
});

describe('an error without a hook', () => {
  const socket = { id: 'abc' };
  const taken = (error: unknown, event = 'order'): unknown => {
    try {
      new ListenerErrors().take(error, event, socket, []);
    } catch (thrown) {
      return thrown;
    }
    return undefined;
  };

  it('is thrown as it is, and its stack names the event once, in at most a hundred characters', () => {
    const error = new Error('why');
    const { message, stack = '' } = error;
    for (let count = 0; count < 2; count += 1) expect(taken(error)).toBe(error);
    expect([error.message, error.stack]).toEqual([message, `${stack}\n    in a listener of "order" (socket abc)`]);
    const other = new Error('why');
    taken(other, `a\n${'b'.repeat(200)}`);
    expect(other.stack?.split('\n').at(-1)).toBe(`    in a listener of "a\\n${'b'.repeat(98)}" (socket abc)`);
  });

  it('may be any value, or an error that nobody can change', () => {
    const frozen = Object.freeze(new Error('cold'));
    for (const value of [undefined, null, 'text', { stack: 'own' }, frozen]) expect(taken(value)).toBe(value);
    expect(frozen.stack).not.toContain('in a listener');
  });
});
