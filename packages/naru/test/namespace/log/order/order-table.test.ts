import { describe, expect, it } from 'vitest';
import { ORDER, type OrderState } from '../../../../src/namespace/log/order/order-table.js';

const STATES = Object.keys(ORDER) as OrderState[];

describe('the order of a namespace', () => {
  it('reaches every state from "not heard", and leaves each again', () => {
    const reached = new Set<OrderState>(['not heard']);
    for (const state of reached) for (const { to } of Object.values(ORDER[state])) reached.add(to);
    expect([...reached].sort()).toEqual([...STATES].sort());
    for (const state of STATES) {
      const others = Object.values(ORDER[state]).filter(({ to }) => to !== state);
      expect(others.length, state).toBeGreaterThan(0);
    }
  });

  it('may be looked at in every state, which changes nothing while something is delivered or read', () => {
    expect(STATES.map((state) => [state, ORDER[state].look?.to])).toEqual([
      ['not heard', 'deciding'],
      ['beginning', 'deciding'],
      ['level', 'deciding'],
      ['waiting', 'deciding'],
      ['deciding', 'deciding'],
      ['delivering', 'delivering'],
      ['reading', 'reading'],
    ]);
  });
});
