/** Every transport of the package, opened for the contract of transports. */
import type { OpenSubject } from '../../../src/testing/contracts/transport-contract.js';
import { openPolling, openWebSocket } from '../../testing/subjects.js';
import { openForContract as openSse } from '../../transport/sse/open-sse.js';
import { openRecords } from '../../transport/tcp/subject.js';
import { openWebTransport } from '../../transport/webtransport/subject.js';
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
