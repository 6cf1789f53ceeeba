import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../testing/src/fake-clock.js';
import type { NodeInfo } from '../../../src/namespace/remote/nodes.js';
import { NodeAddresses } from '../../../src/server/links/node-addresses.js';

const nodeAt = (code: string, address?: string): NodeInfo => ({
  ...{ code, version: '1', startedAt: 0 },
  ...(address !== undefined && { address }),
});
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A table of nodes whose readings a test counts and ends. */
function open() {
  const clock = new FakeClock();
  const readings: { resolve(nodes: readonly NodeInfo[]): void; reject(error: Error): void }[] = [];
  const addresses = new NodeAddresses(
    clock,
    () => new Promise((resolve, reject) => readings.push({ resolve, reject })),
  );
  const found: string[] = [];
  const find = (node: string): void =>
    addresses.find(node, (listed) => {
      const { address } = listed ?? {};
      found.push(`${node} ${address ? `${address.host} ${address.port}` : listed && 'listed'}`);
    });
  const answer = async (...nodes: NodeInfo[]): Promise<void> => {
    readings.at(-1)?.resolve(nodes);
    await settled();
  };
  return { clock, readings, addresses, found, find, answer };
}

describe('the addresses of nodes', () => {
  it('are read once for all who ask, and known from then on', async () => {
    const { readings, found, find, answer } = open();
    find('one');
    await answer(nodeAt('one', 'tcp://10.0.0.1:4100'), nodeAt('two', 'tcp://[fd00::2]:4100'));
    find('one');
    find('two');
    expect(found).toEqual(['one 10.0.0.1 4100', 'one 10.0.0.1 4100', 'two fd00::2 4100']);
    expect(readings).toHaveLength(1);
  });

  it('are those of nodes that the table lists, with an address that can be reached', async () => {
    const { found, find, answer, clock } = open();
    find('gone');
    await answer(nodeAt('plain'), nodeAt('wrong', 'tcp://0.0.0.0:1'), nodeAt('odd', 'udp://10.0.0.1:1'));
    for (const node of ['plain', 'wrong', 'odd']) find(node);
    await clock.advance(250);
    await answer(nodeAt('plain'), nodeAt('wrong', 'tcp://0.0.0.0:1'), nodeAt('odd', 'udp://10.0.0.1:1'));
    expect(found).toEqual(['gone undefined', 'plain listed', 'wrong listed', 'odd listed']);
  });

  it('are read again for an unknown node, at most four times in a second', async () => {
    const { readings, found, find, answer, clock } = open();
    find('a');
    await answer();
    for (let at = 0; at < 1_000; at += 1) find('made up');
    await clock.advance(249);
    expect([readings.length, found.length]).toEqual([1, 1]);
    await clock.advance(1);
    await answer();
    expect([readings.length, found.length]).toEqual([2, 1_001]);
  });

  it('are read once more for those who ask during a reading, because it may miss a node that came since', async () => {
    const { readings, found, find, answer, clock } = open();
    find('a');
    find('new');
    await answer();
    expect(found).toEqual(['a undefined']);
    await clock.advance(250);
    await answer(nodeAt('new', 'tcp://10.0.0.1:4100'));
    expect(found).toEqual(['a undefined', 'new 10.0.0.1 4100']);
    expect(readings).toHaveLength(2);
  });

  it('stay as they were while the table cannot be read', async () => {
    const { readings, found, find, answer, clock } = open();
    find('one');
    await answer(nodeAt('one', 'tcp://10.0.0.1:4100'));
    find('two');
    await clock.advance(250);
    readings.at(-1)?.reject(new Error('away'));
    await settled();
    find('one');
    expect(found.slice(1)).toEqual(['two undefined', 'one 10.0.0.1 4100']);
  });

  it('are unknown to all who wait when they close', async () => {
    const { readings, addresses, found, find, answer, clock } = open();
    find('one');
    await answer();
    find('two');
    addresses.close();
    await clock.advance(1_000);
    expect(found).toEqual(['one undefined', 'two undefined']);
    expect(readings).toHaveLength(1);
  });
});
