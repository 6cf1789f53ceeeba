/** Tells the taps about the log of a namespace. */
import type { Appended, LogRecord, Offset, StoredRecord } from '../../backplane/backplane.js';
import type { Clock } from '../../base/clock.js';
import { type Answer, after } from '../../base/steps/answer.js';
import { logAnswered, logAppended, logDelivered, logGap, logReadLate, logRefused } from '../../taps/taps.js';
import { nameIn } from '../event/outgoing-event.js';
import type { Room } from '../event/target.js';
import type { RoomChange } from '../rooms.js';
import { socketFacts, type TappedMember } from '../socket/socket-taps.js';
import type { LoggedEvent } from './records.js';

/** Records are on their way into the log. */
export function tellAppended(namespace: string, all: readonly LogRecord[], clock: Clock, sent: Answer<Appended>): void {
  const { length: records } = all;
  if (logAppended.hasSubscribers) logAppended.publish({ namespace, records });
  if (!logAnswered.hasSubscribers) return;
  const askedAt = clock.now();
  const traces = all.flatMap(({ trace }) => trace ?? []);
  const onAnswer = ({ offsets }: Appended): void =>
    logAnswered.publish({ namespace, records, last: offsets.at(-1) ?? '', ms: clock.now() - askedAt, traces });
  after(sent, onAnswer, () => undefined);
}

/** The log did not take events. */
export function tellRefused(namespace: string, records: number, error: unknown): void {
  const { message } = (error ?? {}) as Partial<Error>;
  if (logRefused.hasSubscribers) logRefused.publish({ namespace, records, detail: String(message) });
}

/** An event or a record was delivered. */
export function tellDelivered(namespace: string, offset: Offset, what: LoggedEvent | StoredRecord): void {
  if (!logDelivered.hasSubscribers) return;
  const { trace } = 'packet' in what ? what.target.flags : what;
  const name = trace && ('packet' in what ? (what.packet.data as readonly unknown[])[0] : nameIn(what.event));
  logDelivered.publish({ namespace, offset, trace, event: trace && String(name) });
}

/** A late socket got a page of records. */
export function tellReadLate(member: TappedMember, records: number, after: Offset, offset: Offset): void {
  const { id: socket, namespace } = member;
  namespace.journal?.note(namespace, { type: 'read', socket, after, offset });
  if (logReadLate.hasSubscribers) logReadLate.publish({ ...socketFacts(member), records, offset });
}

/** A client goes on with its session: it was in `rooms` at its place in the log, and changes follow. */
export function noteReturn(
  { id: socket, namespace }: TappedMember,
  after: Offset,
  rooms: ReadonlySet<Room>,
  changes: readonly (Partial<RoomChange> & { readonly after: Offset })[],
): void {
  namespace.journal?.note(namespace, { type: 'joined', socket, isRecovered: true, rooms: [...rooms], after });
  for (const { room, isIn = false, after: place } of changes)
    if (room !== undefined) namespace.journal?.note(namespace, { type: 'room', socket, room, isIn }, place);
}

/** A client is told that events are missing. */
export function tellGapTold(member: TappedMember, start: Offset, before: Offset | undefined): void {
  const { id: socket, namespace } = member;
  namespace.journal?.note(namespace, { type: 'gap', socket, after: start, before });
  if (logGap.hasSubscribers) logGap.publish({ ...socketFacts(member), after: start, before });
}
