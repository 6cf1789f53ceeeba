/** The origins of records that a bridge brings into the log: which message of which node each of them is of. */
import type { LogRecord } from '../../backplane/backplane.js';
import { isTold } from '../../backplane/own-records.js';
import { NOBODY } from '../../backplane/talk/exchange.js';
import { decodeValue } from '../../protocol/json-event/message.js';
import type { Target } from '../event/target.js';
import { recordOf, toldEvent } from '../log/records.js';
import type { SocketAction } from '../socket/far-sockets.js';
import { ACT } from './incoming.js';
import { actMessage } from './remote-calls.js';

/** Returns the record of a change of sockets with its origin. `at` is in milliseconds since the Unix epoch. */
export function actRecord(target: Target, action: SocketAction, origin: string, at: number): LogRecord {
  return recordOf(toldEvent(actMessage(NOBODY, target, action, origin)), true, at);
}

/** Returns the origin of an event or of a change of sockets, if its record has one. */
export function originOf(record: Pick<LogRecord, 'rooms' | 'event' | 'by'>): string | undefined {
  if (!isTold(record as LogRecord) || !record.event.startsWith(`["${ACT}",`)) return record.by;
  const [, , , , , origin] = decodeValue(record.event, Number.POSITIVE_INFINITY) as readonly unknown[];
  return typeof origin === 'string' ? origin : undefined;
}
