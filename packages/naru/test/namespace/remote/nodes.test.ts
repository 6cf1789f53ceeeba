import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { FakeClock } from '../../../../testing/src/index.js';
import { MemoryStore } from '../../../src/backplane/memory-store.js';
import { type NodeInfo, Nodes } from '../../../src/namespace/remote/nodes.js';

const LEASE = 6_000;
const HOUR = 3_600_000;

function build({ isDurable = true, address = undefined as string | undefined, versions = [] as string[] } = {}) {
  const clock = new FakeClock();
  const store = Object.assign(new MemoryStore(clock), { isDurable }) as MemoryStore;
  let runs = 0;
  /** Starts a node whose codes are those given, one after the other. */
  const start = (...codes: string[]) => {
    runs += 1;
    const errors: string[] = [];
    let isStopped = false;
    const own = {
      ...clock,
      now: () => clock.now(),
      clearTimeout: (timer: number) => clock.clearTimeout(timer),
      setTimeout: <T>(call: (argument: T) => void, ms: number, argument: T) =>
        clock.setTimeout((given: T) => !isStopped && call(given), ms, argument),
      defer: <T>(call: (argument: T) => void, argument: T) => clock.defer(call, argument),
    } as unknown as FakeClock;
    const remote = {
      node: codes.shift() ?? '',
      takeNewCode() {
        remote.node = codes.shift() ?? '';
      },
    };
    const kill = (): void => {
      isStopped = true;
    };
    const nodes = new Nodes({
      clock: own,
      store,
      version: versions.shift() ?? `1.0.${runs}`,
      run: `run ${runs}`,
      remote,
      address,
      onError: (error) => errors.push((error as Error).message),
    });
    onTestFinished(() => nodes.close());
    return { nodes, remote, errors, kill };
  };
  return { clock, store, start };
}

const codesOf = (nodes: readonly NodeInfo[]): string[] => nodes.map(({ code }) => code);

describe('the nodes of a backplane', () => {
  it('list each other in the order of their start, with their versions', async () => {
    const { clock, start } = build();
    const started = clock.now();
    const one = start('zzzzzzzz');
    await clock.advance(5);
    const two = start('aaaaaaaa');
    await clock.settle();
    const expected = [
      { code: 'zzzzzzzz', version: '1.0.1', startedAt: started },
      { code: 'aaaaaaaa', version: '1.0.2', startedAt: started + 5 },
    ];
    expect(await one.nodes.list()).toEqual(expected);
    expect(await two.nodes.list()).toEqual(expected);
  });

  it('tell each other where they take links', async () => {
    const { clock, store, start } = build({ address: 'tcp://10.0.0.1:4100' });
    const [one, two] = [start('one'), start('two')];
    await clock.settle();
    await Promise.all([one.nodes.listed, two.nodes.listed]);
    store.table('nodes').put('odd', '{"version":"1","startedAt":9e15,"address":7}', LEASE);
    const addresses = (await one.nodes.list()).map(({ address }) => address);
    expect(addresses).toEqual(['tcp://10.0.0.1:4100', 'tcp://10.0.0.1:4100', undefined]);
  });

  it('list themselves at once, and not after they have closed', async () => {
    const { clock, start } = build();
    const [one, two] = [start('one'), start('two')];
    expect(codesOf(await one.nodes.list())).toEqual(['one']);
    await clock.settle();
    two.nodes.close();
    await clock.settle();
    expect(codesOf(await one.nodes.list())).toEqual(['one']);
    expect(codesOf(await two.nodes.list())).toEqual(['one']);
    two.remote.node = 'two again';
    two.nodes.open();
    await clock.settle();
    expect(codesOf(await one.nodes.list())).toEqual(['one', 'two again']);
  });

  it('stay listed for as long as they run, and a killed one until its lease ends', async () => {
    const { clock, start } = build();
    const [one, two] = [start('one'), start('two')];
    await clock.advance(10 * LEASE);
    expect(codesOf(await one.nodes.list())).toEqual(['one', 'two']);
    two.kill();
    await clock.advance((LEASE * 2) / 3 - 1);
    expect(codesOf(await one.nodes.list())).toEqual(['one', 'two']);
    await clock.advance(LEASE / 3 + 1);
    expect(codesOf(await one.nodes.list())).toEqual(['one']);
  });

  it('take another code when theirs belongs to another run, also to one of an hour ago', async () => {
    const { clock, start } = build();
    const one = start('same', 'other');
    await clock.settle();
    const two = start('same', 'same', 'third');
    await clock.settle();
    expect([one.remote.node, two.remote.node]).toEqual(['same', 'third']);
    expect(codesOf(await one.nodes.list())).toEqual(['same', 'third']);
    one.nodes.close();
    await clock.advance(HOUR);
    const three = start('same', 'fourth');
    await clock.settle();
    expect(three.remote.node).toBe('fourth');
    // A claim that runs for days keeps its code.
    await clock.advance(50 * HOUR);
    const four = start('third', 'fifth');
    await clock.settle();
    expect([two.remote.node, four.remote.node]).toEqual(['third', 'fifth']);
  });

  it('recognise their own claim when its answer was lost', async () => {
    const { clock, store, start } = build();
    const { swap } = store;
    store.swap = (...args) => {
      swap.apply(store, args);
      store.swap = swap;
      throw new Error('no answer');
    };
    const one = start('one', 'never');
    await clock.advance(LEASE / 3);
    expect([one.remote.node, one.errors]).toEqual(['one', ['no answer']]);
    const two = start('two');
    expect(codesOf(await two.nodes.list())).toEqual(['one', 'two']);
  });

  it('report a failing store once, and list themselves when it is back', async () => {
    const { clock, store, start } = build();
    const { table } = store;
    store.table = () => {
      throw new Error('no disk');
    };
    const one = start('one');
    await clock.advance(3 * LEASE);
    expect(one.errors).toEqual(['no disk']);
    await expect(one.nodes.list()).rejects.toThrow('no disk');
    store.table = table;
    await clock.advance(LEASE / 3);
    expect(codesOf(await start('two').nodes.list())).toEqual(['one', 'two']);
    store.table = () => {
      throw new Error('no disk again');
    };
    await clock.advance(LEASE);
    expect(one.errors).toEqual(['no disk', 'no disk again']);
    store.table = table;
  });

  it('write once to a store that ends with the process, and wait for nothing', async () => {
    const { clock, start } = build({ isDurable: false });
    const [one] = [start('one'), start('two')];
    await clock.advance(100 * LEASE);
    expect([codesOf(await one.nodes.list()), clock.timerCount]).toEqual([['one', 'two'], 0]);
  });

  it.each([
    ['0.3.0', '0.1.7', true],
    ['1.2.0', '1.4.0', true],
    ['3.0.0', '1.9.0', true],
    ['0.2.0', '0.1.0', false],
    ['0.1.0', '0.2.0-beta.1', false],
    ['2.0.0', '1.9.0', false],
    ['0.9.0', 'unknown', false],
  ])('of version %s beside one of %s warn of versions that are too far apart: %s', async (one, other, isFar) => {
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    onTestFinished(() => warn.mockRestore());
    const { clock, start } = build({ versions: [other, one] });
    start('aaaaaaaa');
    await clock.settle();
    expect(warn).not.toHaveBeenCalled();
    start('bbbbbbbb');
    await clock.advance(10 * LEASE);
    const text = `This server runs Naru ${one}, and the server aaaaaaaa runs ${other}. They may not read each other's events.`;
    const warning = [`${text} Update one minor version after the other.`, { code: 'NARU_VERSIONS_APART' }];
    expect(warn.mock.calls).toEqual(isFar ? [warning] : []);
  });

  it('skip what another version has written', async () => {
    const { store, start } = build();
    for (const text of [
      '',
      'no',
      '{}',
      '{"version":1,"startedAt":1}',
      'null',
      '[]',
      '{"version":"1"}',
      '{"v":2,"version":"9","startedAt":1}',
    ])
      store.table('nodes').put(`code ${text}`, text, LEASE);
    expect(codesOf(await start('one').nodes.list())).toEqual(['one']);
  });
});
