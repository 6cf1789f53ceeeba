/** The port of an engine to the server above it. */
import type { Clock } from '../../base/clock.js';
import { Outbox } from '../../session/outbox.js';
import type { Session } from '../../session/session.js';
import type { SlowReport } from '../../session/slow-report.js';

/** The server above an engine. */
export interface EngineHost {
  /** Collects what sessions send. Engines whose sessions get the same broadcasts share one. */
  readonly outbox: Outbox;
  /** Returns the code that each sid names, if several processes share a backplane. */
  nodeCode(): string | undefined;
  /** Takes a new session, before the event `connection`. */
  onSession(session: Session): void;
  /** Lists the clients that read slowly, as `engine.slow` does. */
  slow(limit?: number): SlowReport;
}

/** Returns the host of an engine without a server. */
export function nobody(clock: Clock): EngineHost {
  const none = { sockets: 0, late: 0, held: 0, disconnected: 0 };
  const totals = { ...none, droppedEvents: 0, droppedBytes: 0, conflatedEvents: 0 };
  return {
    outbox: new Outbox(clock),
    nodeCode: () => undefined,
    onSession: () => undefined,
    slow: () => ({ count: 0, readers: [], totals }),
  };
}
