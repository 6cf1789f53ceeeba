/** The pushes of Redis: what the script of an append tells the followers of a namespace. */
import type { Buffer } from 'node:buffer';
import type { UplinkHandler } from '@naru/broker';
import { tellBatch } from '@naru/broker';
import { encodeOffset } from 'naru/backplane';

/** The longest head of a push: two numbers and two spaces. */
const PUSH_HEAD_MAX = 40;

/**
 * Returns the listener for the channel of a namespace. A push has the number before a batch, the number of its last
 * record, and the batch. Any other message says that there may be more.
 */
export function pushListener(handler: UplinkHandler, namespace: string): (message: Buffer) => void {
  return (message) => {
    const [, previous = '', last = ''] =
      /^(\d{1,16}) (\d{1,16}) /.exec(message.toString('latin1', 0, PUSH_HEAD_MAX)) ?? [];
    const batch = message.subarray(previous.length + last.length + 2);
    if (last === '') handler.onMore(namespace);
    else tellBatch(handler, namespace, encodeOffset(Number(previous)), Number(last), batch);
  };
}
