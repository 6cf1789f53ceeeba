import { expect, it, vi } from 'vitest';
import { UnavailableError } from '../../../../src/base/errors.js';
import { Machine } from '../../../../src/base/steps/machine.js';
import { NamespaceLog } from '../../../../src/namespace/log/namespace-log.js';
import { READER, type ReaderState } from '../../../../src/namespace/log/reader/reader-table.js';
import { type Pause, READ_AGAIN_MS, type SocketReader } from '../../../../src/namespace/log/reader/socket-reader.js';
import { EncodedPacket } from '../../../../src/transport/encoded-packet.js';
import { build, Late } from './late-socket.js';

const STATES = Object.keys(READER) as ReaderState[];

/** Each transition of the table, as `state: event`. */
const TRANSITIONS = STATES.flatMap((state) => Object.keys(READER[state]).map((event) => `${state}: ${event}`));

/** Notes each transition that happens from here on. */
function noteTransitions(): Set<string> {
  const walked = new Set<string>();
  const { on } = Machine.prototype;
  vi.spyOn(Machine.prototype, 'on').mockImplementation(function (
    this: Machine<string, string, string, unknown>,
    event,
  ) {
    walked.add(`${this.state}: ${event}`);
    on.call(this, event);
  });
  return walked;
}

/** A socket waits for space, for the home and for a page of history. */
async function waitForOthers(gone?: ReaderState): Promise<Late> {
  const { clock, append, log, context } = build();
  append(1, 3);
  const own = new NamespaceLog('/', log, context);
  const late = new Late();
  const reader = late.readAfter(own, '00000000000');
  const leaveIn = (state: ReaderState): void => {
    if (state === gone) reader.cancel();
  };
  leaveIn('holding');
  late.most = 1;
  reader.start();
  leaveIn('full');
  let enter = (): void => undefined;
  const cancel = (): void => undefined;
  const pause: Pause = { cancel, begin: () => new Promise((resolve) => (enter = () => resolve([]))) };
  reader.addBehind({ after: own.offset, pause });
  reader.add([new EncodedPacket('42["after"]')]);
  const { read } = log;
  log.read = () => {
    log.read = read;
    throw new UnavailableError('DISCONNECTED', 'the home is away');
  };
  own.pages.clear();
  late.most = 10;
  reader.pump();
  leaveIn('waiting');
  await clock.advance(READ_AGAIN_MS);
  leaveIn('entering');
  late.onTake = () => leaveIn('deciding');
  enter();
  await clock.settle();
  return late;
}

/** A socket far back reads a long log on another machine in parts. */
async function takeTurns(leaveIn: (state: ReaderState, reader: SocketReader) => void): Promise<Late> {
  const { clock, append, log, slow, context } = build(1e9);
  append(1, 10_000, ['elsewhere']);
  let reader: SocketReader | undefined;
  const read: typeof log.read = (...args) => {
    if (reader) leaveIn('reading', reader);
    return slow.read(...args);
  };
  const own = new NamespaceLog('/', { ...slow, read, isRemote: true }, context);
  own.skip((await log.extent('/')).newest);
  const late = new Late();
  reader = late.readAfter(own, '00000000000');
  reader.start();
  leaveIn('queued', reader);
  await clock.settle();
  return late;
}

/** A socket far back reads a long log on this machine in parts. */
async function takeParts(): Promise<Late> {
  const { clock, append, log, context } = build(1e9);
  append(1, 20_000, ['elsewhere']);
  const own = new NamespaceLog('/', log, context);
  const late = new Late();
  late.readAfter(own, '00000000000').start();
  await clock.settle();
  return late;
}

it('walks each transition of a late reader', async () => {
  const walked = noteTransitions();
  const whole = await waitForOthers();
  expect([whole.got, whole.caughtUp]).toEqual([['1', '2', '3', 'after'], 1]);
  const gone = ['holding', 'full', 'waiting', 'entering', 'deciding'] as const;
  for (const state of gone) expect([state, (await waitForOthers(state)).caughtUp]).toEqual([state, 0]);
  expect((await takeTurns(() => undefined)).caughtUp).toBe(1);
  expect((await takeParts()).caughtUp).toBe(1);
  for (const state of ['queued', 'reading']) {
    const late = await takeTurns((now, reader) => now === state && reader.cancel());
    expect([state, late.caughtUp]).toEqual([state, 0]);
  }
  expect([...walked].sort()).toEqual([...TRANSITIONS].sort());
});

it('reaches every state from `holding`, and leaves each but the last ones', () => {
  const reached = new Set<ReaderState>(['holding']);
  for (const state of reached) for (const { to } of Object.values(READER[state])) reached.add(to);
  expect([...reached].sort()).toEqual([...STATES].sort());
  expect(STATES.filter((state) => Object.keys(READER[state]).length === 0)).toEqual(['level', 'gone']);
});
