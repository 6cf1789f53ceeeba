import { describe, expect, it } from 'vitest';
import { LastingParts } from '../../src/namespace/lasting.js';
import { WITHOUT_POLICY } from './slow-policies/settings.js';

function build() {
  const order: string[] = [];
  const slowSettings = WITHOUT_POLICY;
  const outbox = { settle: () => void order.push('settled') };
  const lasting = new LastingParts('/a', { roomsPerSocketMax: 10, slowSettings, homeFor: () => undefined, outbox });
  lasting.onPolicy = (room) => order.push(`changed ${room}`);
  return { lasting, order };
}

describe('the lasting parts of a namespace', () => {
  it('set a policy after the earlier events, and tell the core of it', () => {
    const { lasting, order } = build();
    lasting.slow({ policy: 'hold', bytesMax: 5 });
    lasting.slow('room', { policy: 'hold', bytesMax: 6 });
    lasting.slow('room', undefined);
    expect(order).toEqual(['settled', 'changed undefined', 'settled', 'changed room', 'settled', 'changed room']);
    expect(lasting.policies.of(['room'])?.bytesMax).toBe(5);
  });

  it('copy rules and policies, and never give out an ack id twice', () => {
    const [{ lasting }, { lasting: other }] = [build(), build()];
    lasting.allow({ subscribe: true });
    lasting.slow('room', { policy: 'hold', bytesMax: 6 });
    other.copy(lasting);
    lasting.allow({ subscribe: false });
    expect([other.rules.current.subscribe, other.policies.of(['room'])?.bytesMax]).toEqual([true, 6]);
    expect([lasting.createAckId(), lasting.createAckId()]).toEqual([0, 1]);
  });
});
