import { describe, expect, it } from 'vitest';
import type { NamespaceContext } from '../../../src/namespace/context.js';
import { epochOf, readMark, writeMark } from '../../../src/wires/events/last-event-id.js';

const OFFSET = '0000000000a';

describe('a place in the log', () => {
  it('is read as it was written', () => {
    for (const epoch of ['', 'abc']) expect(readMark(writeMark(OFFSET, epoch), epoch)).toBe(OFFSET);
  });

  it('is invalid in another life of the log, or if it is not an offset', () => {
    expect(readMark(writeMark(OFFSET, 'abc'), 'abd')).toBeUndefined();
    expect(readMark(writeMark(OFFSET, 'abc'), '')).toBeUndefined();
    expect(readMark(OFFSET, 'abc')).toBeUndefined();
    for (const mark of ['', '7', `${OFFSET}.`, `${OFFSET}\n`, 'x'.repeat(1000)])
      expect(readMark(mark, '')).toBe(mark === `${OFFSET}.` ? OFFSET : undefined);
  });
});

describe('epochOf', () => {
  const contextOf = (isDurable: boolean | undefined): NamespaceContext =>
    ({
      backplane: isDurable === undefined ? undefined : { store: { isDurable } },
      random: { id: () => 'abcdefghijkl' },
    }) as unknown as NamespaceContext;

  it('is a unique word of each server whose log ends with it, and empty for a lasting log', () => {
    const context = contextOf(false);
    expect(epochOf(context)).toBe('abcdefgh');
    expect(epochOf(context)).toBe('abcdefgh');
    expect(epochOf(contextOf(true))).toBe('');
    expect(epochOf(contextOf(undefined))).toBe('');
  });
});
