/** Calls to a home that a test answers for by hand. */
import { expect } from 'vitest';
import type { BackplaneState, LogRecord } from '../../naru/src/backplane/backplane.js';
import { FakeClock } from '../../testing/src/fake-clock.js';
import { SeededRandom } from '../../testing/src/seeded-random.js';
import { HomeCalls } from '../src/calls.js';
import type { HomeRequest, UplinkHandler } from '../src/home.js';
import { MUTE } from './mute-uplink.js';

/** A request that was sent. */
interface Sent {
  readonly request: HomeRequest;
  answer(value?: unknown): void;
  refuse(error: unknown): void;
}

/** A home that a test answers for by hand. */
export async function build(isThere = true) {
  const clock = new FakeClock();
  const sent: Sent[] = [];
  const states: BackplaneState[] = [];
  const uplinks: Pick<UplinkHandler, 'onClose' | 'onWork'>[] = [];
  const reasons: unknown[] = [];
  const brief: unknown[] = [];
  const world = {
    isThere,
    reason: new TypeError('nobody there') as Error,
    closed: 0,
    uplinked: 0,
    onUplink: (): void => undefined,
    /** Whether a new uplink is lost before anybody uses it. */
    isLostAtOnce: false,
    prepared: 0,
    /** When the home ends the uplinks, and when one may replace another. */
    expiresAt: undefined as number | undefined,
    ready: undefined as Promise<void> | undefined,
  };
  const calls = new HomeCalls({
    keepsTagsApart: false,
    clock,
    random: new SeededRandom(1),
    writer: 'me',
    async connect(handler) {
      if (!world.isThere) throw world.reason;
      uplinks.push(handler);
      if (world.isLostAtOnce) void Promise.resolve().then(() => handler.onClose());
      return {
        call: (request) =>
          new Promise((resolve, reject) => {
            sent.push({ request, answer: resolve, refuse: reject });
          }),
        ...MUTE,
        expiresAt: world.expiresAt,
        close: () => {
          world.closed += 1;
        },
      };
    },
    prepare: async () => {
      world.prepared += 1;
      await world.ready;
    },
    onUplink: () => {
      world.uplinked += 1;
      world.onUplink();
    },
    onState: (state) => void states.push(state),
    onFailed: (reason) => reasons.push(reason),
    onBrief: (reason) => brief.push(reason),
  });
  calls.open();
  const failures: unknown[] = [];
  const answers: unknown[] = [];
  /** Notes how a call ends. */
  const watch = (call: Promise<unknown>): void =>
    void call.then(
      (answer) => answers.push(answer),
      (error: { code?: unknown }) => failures.push(error.code ?? error),
    );
  const methods = (): string[] => sent.map(({ request }) => `${request.method} ${request.write?.number ?? '-'}`);
  const breakUplink = (): void => uplinks.at(-1)?.onClose();
  expect(calls.state).toBe('connecting');
  await clock.settle();
  if (isThere) expect(states.splice(0)).toEqual(['up']);
  return { clock, calls, sent, states, reasons, brief, uplinks, world, watch, failures, answers, methods, breakUplink };
}

/** Returns a record with a number. */
export const record = (n: number): LogRecord => ({ rooms: [], except: [], event: `[${n}]`, attachments: [], at: 0 });
/** Appends a record. */
export const append = ({ calls }: Awaited<ReturnType<typeof build>>, n: number, bytes = 10) =>
  calls.call('append', ['/', [record(n)]], bytes);
