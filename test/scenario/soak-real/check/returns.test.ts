import { describe, expect, it } from 'vitest';
import { ClientRecord } from '../record.mjs';
import { returnsOf } from './returns.mjs';

const record = (index: number, wire: string, returns: readonly (readonly [number, number])[]) => ({
  index,
  wire,
  returns: returns.map(([from, to]) => ({ from, to })),
});

describe('the times in which clients came back', () => {
  it('begin with the end of the connection, or with the end of a later fault', () => {
    const records = [record(0, 'sse', [[1_000, 1_500]]), record(1, 'tcp', [[1_000, 9_000]])];
    const events = [{ at: 1_200, client: 0 }, { at: 1_300, client: 1 }, { at: 2_000, to: 6_000 }, { at: 9_500 }];
    expect(Object.fromEntries(returnsOf(records, events))).toEqual({
      sse: { count: 1, median: 300, most99: 300, most: 300, longest: 500 },
      tcp: { count: 1, median: 3_000, most99: 3_000, most: 3_000, longest: 8_000 },
    });
  });

  it('are ranked for each wire', () => {
    const returns = Array.from({ length: 200 }, (_, each) => [0, each + 1] as const);
    const found = returnsOf([record(0, 'sse', returns), record(1, 'tcp', [])], []);
    expect(found.get('sse')).toEqual({ count: 200, median: 100, most99: 198, most: 200, longest: 200 });
    expect(found.get('tcp')).toEqual({ count: 0, median: 0, most99: 0, most: 0, longest: 0 });
  });

  it('are noted from the first loss to the next connect', () => {
    const client = new ClientRecord(0, 'sse', []);
    client.connect(false);
    client.lose();
    client.lose();
    client.connect(true);
    client.connect(true);
    expect(client.returns).toHaveLength(1);
    expect(client.returns[0].to).toBe(client.connects[1].time);
  });
});
