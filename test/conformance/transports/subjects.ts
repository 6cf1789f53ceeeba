/** Every transport of the package, opened for the contract of transports. */

import { openForContract as openSse } from '../../../packages/naru/test/transport/sse/open-sse.js';
import { openRecords } from '../../../packages/naru/test/transport/tcp/subject.js';
import type { OpenSubject } from '../../../packages/testing/src/contracts/transport-contract.js';
import { openPolling, openWebSocket } from '../../../packages/testing/test/subjects.js';
import { openWebTransport } from '../../../packages/webtransport/test/subject.js';
import { openUdp } from './open-udp.js';

/** By the names that sessions show. */
export const SUBJECTS: Readonly<Record<string, OpenSubject>> = {
  polling: openPolling,
  sse: openSse,
  websocket: openWebSocket,
  webtransport: openWebTransport,
  tcp: openRecords,
  udp: openUdp,
};
