/** Opens a session over datagrams on a lossless network in memory, for the contract of transports. */

import { encodeRecords } from '../../../packages/naru/src/protocol/webtransport/records.js';
import type { ContractPeer, OpenSubject } from '../../../packages/testing/src/contracts/transport-contract.js';
import { isImportant } from '../../../packages/udp/src/protocol/datagram/importance.js';
import { Stage } from '../../../packages/udp/test/transport/pair.js';

/** Long enough for all repetitions to have arrived. */
const REST_MS = 500;

/** Opens a transport and a client that has just dialled. */
export const openUdp: OpenSubject = async (handler) => {
  const stage = await new Stage().open();
  const client = stage.dial();
  await stage.clock.advance(REST_MS);
  const { association } = client;
  const [transport] = stage.transports;
  if (!transport) throw new Error('there is no session');
  transport.handler = handler;
  const peer: ContractPeer = {
    get received() {
      return association.received;
    },
    get isEnded() {
      return association.ends.length > 0;
    },
    send(unit) {
      const records = encodeRecords([unit]);
      if (typeof unit === 'string' && isImportant(unit)) association.sendControl(records);
      else association.sendData(records);
    },
    // A datagram network cannot make a peer wait, or report a broken cable.
    pause: () => undefined,
    resume: () => undefined,
    close: () => association.close(),
    vanish: () => undefined,
  };
  return { transport, peer, settle: () => stage.clock.advance(REST_MS) };
};
