import { expect, it } from 'vitest';
import { EmitterOperator } from '../../src/emitter/operator.js';
import type { Outlet } from '../../src/emitter/outlet.js';
import type { Target } from '../../src/namespace/event/target.js';
import { EVERYBODY } from '../../src/namespace/rooms.js';

function build() {
  const sent: unknown[][] = [];
  const note =
    (kind: string) =>
    async (namespace: string, ...rest: unknown[]): Promise<void> =>
      void sent.push([kind, namespace, ...rest.map(describe)]);
  const outlet = { emit: note('emit'), act: note('act') } as unknown as Outlet;
  return { sent, operator: new EmitterOperator<Record<string, (...args: unknown[]) => void>>(outlet, '/', EVERYBODY) };
}

function describe(value: unknown): unknown {
  const { rooms, except, flags } = value as Partial<Target>;
  return rooms && except ? { rooms: [...rooms], except: [...except], flags } : value;
}

it('sends to the rooms that were named, and leaves the operators before as they were', async () => {
  const { sent, operator } = build();
  const lobby = operator.to('lobby');
  await lobby.in(['a', 'b']).except('c').except(['d']).key('k').by('mina').emit('said', 1);
  await lobby.volatile.mark('key').emit('at', 2);
  await operator.send('hi');
  expect(sent).toEqual([
    ['emit', '/', ['said', 1], { rooms: ['lobby', 'a', 'b'], except: ['c', 'd'], flags: { key: 'k', by: 'mina' } }],
    ['emit', '/', ['at', 2], { rooms: ['lobby'], except: [], flags: { volatile: true, mark: 'key' } }],
    ['emit', '/', ['message', 'hi'], { rooms: [], except: [], flags: {} }],
  ]);
});

it('changes the sockets of a target', async () => {
  const { sent, operator } = build();
  const target = { rooms: ['lobby'], except: [], flags: {} };
  await operator.to('lobby').socketsJoin('a');
  await operator.to('lobby').socketsLeave(['a', 'b']);
  await operator.to('lobby').disconnectSockets(true);
  expect(sent).toEqual([
    ['act', '/', target, ['join', ['a']]],
    ['act', '/', target, ['leave', ['a', 'b']]],
    ['act', '/', target, ['disconnect', true]],
  ]);
});

it('refuses reserved names, acknowledgements, and invalid keys and names of people', async () => {
  const { sent, operator } = build();
  await expect(operator.emit('connect')).rejects.toMatchObject({ code: 'RESERVED_EVENT' });
  await expect(operator.emit('ask', () => undefined)).rejects.toThrow('an emitter gets no acknowledgements');
  expect(() => operator.key('')).toThrow('a key must be');
  expect(() => operator.mark('frame' as 'key')).toThrow('a mark must be');
  expect(() => operator.by('')).toThrow('"by" must be');
  expect(sent).toEqual([]);
});
