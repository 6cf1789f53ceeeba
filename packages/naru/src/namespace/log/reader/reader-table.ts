/** The states of a socket that reads the log by itself. ARCHITECTURE.md draws them. */
import type { Transitions } from '../../../base/steps/machine.js';

/** Actions of a reader, each carried out by `SocketReader`. */
export type ReaderAction = 'queue' | 'read' | 'pass' | 'askAgain' | 'enter' | 'finish' | 'cancel';

const leave = { to: 'gone', run: ['cancel'] } as const;

/**
 * The transitions of a reader. Those of the state `deciding` are decisions.
 *
 * - `holding`: the socket is not in its rooms yet, and gets nothing.
 * - `deciding`: the next step is chosen.
 * - `full`: the connection has no space.
 * - `queued`: other readers read first.
 * - `reading`: records are read from the log and sent.
 * - `waiting`: the home has failed, and is asked once more after a while.
 * - `entering`: a page of history is sent at this place, and nothing after it yet.
 * - `level`: the socket has everything, and gets events as they come.
 * - `gone`: the socket has gone.
 */
export const READER = {
  holding: { start: { to: 'deciding' }, leave },
  deciding: {
    'wait for space': { to: 'full' },
    queue: { to: 'queued', run: ['queue'] },
    read: { to: 'reading', run: ['read'] },
    pass: { to: 'deciding', run: ['pass'] },
    enter: { to: 'entering', run: ['enter'] },
    finish: { to: 'level', run: ['finish'] },
    leave,
  },
  full: { space: { to: 'deciding' }, leave },
  queued: { scheduled: { to: 'deciding' }, leave },
  reading: {
    page: { to: 'deciding' },
    part: { to: 'queued', run: ['queue'] },
    fail: { to: 'waiting', run: ['askAgain'] },
    leave,
  },
  waiting: { again: { to: 'deciding' }, leave },
  entering: { entered: { to: 'deciding' }, leave },
  level: {},
  gone: {},
} as const satisfies Transitions<string, string, ReaderAction>;

/** States that only one event leads to, and that event. */
export const ENTRANCES: Readonly<Partial<Record<string, ReaderEvent>>> = { full: 'wait for space', level: 'finish' };

/** A state of a reader. */
export type ReaderState = keyof typeof READER;
/** An event of a reader, or its decision. */
export type ReaderEvent = { [State in ReaderState]: keyof (typeof READER)[State] }[ReaderState];
