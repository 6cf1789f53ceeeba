/** Cuts off a client that does not read the end of a response. */
import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { Wait } from '../../base/deadlines.js';
import type { PollingSettings } from './settings.js';

/** Destroys an ending stream if its peer does not close it in time. */
export function destroyLate(
  stream: Duplex | ServerResponse,
  { closeDeadlines, closing }: Pick<PollingSettings, 'closeDeadlines' | 'closing'>,
): void {
  const wait = new Wait(() => stream.destroy());
  // Over HTTP/1.1, a response has the connection alone, and the connection also counts the parts of a write.
  const { req, socket } = stream as Partial<ServerResponse>;
  const counted = req?.httpVersionMajor === 1 ? (socket ?? stream) : stream;
  closeDeadlines.add(wait);
  closing?.add(counted);
  stream.once('close', () => {
    closeDeadlines.remove(wait);
    closing?.remove(counted);
  });
}
