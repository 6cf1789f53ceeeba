import { describe, expect, it } from 'vitest';
import { listOf, sameUnits, Witness } from '../../src/contracts/contract-subject.js';
import { openMemory } from '../subjects.js';

describe('the subject of the contract', () => {
  it('compares bytes of any class', () => {
    sameUnits([Buffer.from([1]), 'a'], [Uint8Array.of(1), 'a']);
    expect(() => sameUnits([Buffer.from([1])], [Uint8Array.of(2)])).toThrow();
    expect(() => sameUnits(['a'], [])).toThrow();
  });

  it('makes a list of units in order, and none of nothing', () => {
    expect(
      listOf(['4a', '4b'])
        .packets()
        .map(({ unit }) => unit),
    ).toEqual(['4a', '4b']);
    expect(() => listOf([])).toThrow('at least one unit');
  });

  it('sees events after the end', async () => {
    const witness = new Witness();
    const { transport } = await openMemory(witness);
    witness.onClose(transport, undefined);
    expect(() => witness.onData(transport, '4late')).toThrow('after onClose');
    expect(() => witness.onVolatile(transport, ['4late'])).toThrow('after onClose');
  });
});
