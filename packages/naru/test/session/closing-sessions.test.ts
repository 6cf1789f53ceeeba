import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../testing/src/index.js';
import { type ClosingSession, ClosingSessions } from '../../src/session/closing-sessions.js';
import type { Transport } from '../../src/transport/transport.js';

function build() {
  const clock = new FakeClock();
  const closing = new ClosingSessions(clock, 1_000);
  const events: string[] = [];
  const transport = { abort: () => events.push('abort') } as unknown as Transport;
  const session: ClosingSession = {
    transport,
    onClose: (_transport, error) => {
      events.push(String(error?.code));
      closing.remove(session);
    },
  };
  return { clock, closing, events, session };
}

describe('ClosingSessions', () => {
  it('ends a session whose time is over, and cuts its connection', async () => {
    const { clock, closing, events, session } = build();
    closing.add(session);
    await clock.advance(500);
    // The time does not begin again.
    closing.add(session);
    await clock.advance(499);
    expect(events).toEqual([]);
    await clock.advance(1);
    expect(events).toEqual(['TIMEOUT', 'abort']);
    await clock.advance(2_000);
    expect([events.length, clock.timerCount]).toEqual([2, 0]);
  });

  it('forgets a session that has ended before', async () => {
    const { clock, closing, events, session } = build();
    closing.remove(session);
    closing.add(session);
    closing.remove(session);
    expect(clock.timerCount).toBe(0);
    await clock.advance(2_000);
    expect(events).toEqual([]);
  });
});
