import { describe, expect, it } from 'vitest';
import { ClientRecord } from '../record.mjs';
import { emptyTimes, returnsOf } from './returns.mjs';

const record = (index: number, wire: string, returns: readonly (readonly [number, number])[]) => ({
  index,
  wire,
  returns: returns.map(([from, to]) => ({ from, to })),
});

describe('the times in which clients came back', () => {
  it('begin with the end of the connection, or with the end of a later fault', () => {
    const records = [record(0, 'sse', [[1_000, 1_500]]), record(1, 'tcp', [[1_000, 9_000]])];
    const events = [{ at: 1_200, clients: [0] }, { at: 1_300, clients: [1] }, { at: 2_000, to: 6_000 }, { at: 9_500 }];
    expect(Object.fromEntries(returnsOf(records, events))).toMatchObject({
      sse: { count: 1, median: 300, most99: 300, most: 300, amid: 0, longest: 500, late: [] },
      tcp: { count: 1, median: 3_000, most99: 3_000, most: 3_000, amid: 0, longest: 8_000, late: [] },
    });
  });

  it('begin again for a client whose session on its way ended with its server', () => {
    const steps = [
      [100, 'tries'],
      [900, 'has a session'],
      [4_200, 'loses it: transport error'],
      [4_300, 'tries'],
    ] as const;
    const records = [{ ...record(0, 'polling', []), returns: [{ from: 1_000, to: 13_000, steps }] }];
    const waitOf = (...deaths: number[]) => returnsOf(records, [], 10_000, deaths).get('polling')?.most;
    expect([waitOf(5_200), waitOf(4_950), waitOf(4_950, 9_000)]).toEqual([7_800, 8_050, 8_050]);
    expect([waitOf(5_201), waitOf(4_949), waitOf()]).toEqual([12_000, 12_000, 12_000]);
  });

  it('do not count for a client that is back while a fault lasts', () => {
    const records = [record(0, 'sse', [[1_000, 9_000]])];
    expect(returnsOf(records, [{ at: 500, to: 9_500 }, { at: 2_000 }]).get('sse')).toMatchObject({ count: 0, amid: 1 });
    expect(returnsOf(records, [{ at: 500, to: 1_500 }]).get('sse')).toMatchObject({ most: 7_500 });
    expect(returnsOf(records, [{ at: 500, to: 9_500, clients: [1] }]).get('sse')).toMatchObject({ most: 8_000 });
  });

  it('are listed above a bound', () => {
    const records = [
      record(0, 'sse', [
        [0, 10_000],
        [20_000, 30_001],
      ]),
      record(1, 'tcp', [[0, 10]]),
    ];
    const found = returnsOf(records, [], 10_000);
    expect(found.get('sse')?.late).toEqual([{ index: 0, from: 20_000, to: 30_001, ms: 10_001 }]);
    expect(found.get('tcp')?.late).toEqual([]);
  });

  it('are ranked for each wire', () => {
    const returns = Array.from({ length: 200 }, (_, each) => [0, each + 1] as const);
    const found = returnsOf([record(0, 'sse', returns), record(1, 'tcp', [])], []);
    expect(found.get('sse')).toMatchObject({ count: 200, median: 100, most99: 198, most: 200, longest: 200, late: [] });
    expect(found.get('sse')?.slowest).toMatchObject({ index: 0, from: 0, to: 200, ms: 200 });
    const none = { count: 0, median: 0, most99: 0, most: 0, amid: 0, longest: 0, late: [], slowest: undefined };
    expect(found.get('tcp')).toEqual(none);
  });

  it('are noted from the first loss to the next connect, with the steps in between', () => {
    const client = new ClientRecord(0, 'sse', []);
    client.step('no way back');
    client.connect(false);
    client.lose();
    client.step('tries');
    client.lose();
    client.step('has a session');
    client.connect(true);
    client.step('is back');
    client.connect(true);
    expect(client.returns).toHaveLength(1);
    expect(client.returns[0].to).toBe(client.connects[1].time);
    expect(client.returns[0].steps.map((step: readonly unknown[]) => step[1])).toEqual(['tries', 'has a session']);
  });
});

it('knows when no server took traffic', () => {
  const lives = [
    { from: 5_000, to: Number.POSITIVE_INFINITY },
    { from: 0, to: 3_000 },
    { from: 100, to: 2_000 },
    { from: 3_500, to: 4_000 },
  ];
  expect(emptyTimes(lives)).toEqual([
    { at: 3_000, to: 3_500 },
    { at: 4_000, to: 5_000 },
  ]);
  expect(emptyTimes([])).toEqual([]);
});
