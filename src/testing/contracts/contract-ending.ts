/** The part of the contract of transports about how a connection ends. */
import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { batchOf, type Cases, Witness } from './contract-subject.js';

/** The cases of this part. */
export const ENDING: Cases = {
  'closes after what was sent, and calls onClose once without an error': async (trial) => {
    const { transport, peer, settle, witness } = trial;
    transport.send(batchOf(['4last words']));
    transport.close();
    await settle();
    deepStrictEqual([peer.received, peer.isEnded, witness.closes], [['4last words'], true, [undefined]]);
  },
  'tells its peer the code and the reason of a close': async ({ transport, peer, settle }) => {
    transport.close(1002, 'parse error');
    await settle();
    ok(peer.isEnded, 'the peer did not see the end');
    const { code, reason } = peer.end ?? {};
    if (code === undefined && reason === undefined) return 'the wire has no place for them';
    if (reason !== undefined) strictEqual(reason, 'parse error');
    if (code === undefined) return 'the reason only: the wire has no codes';
    strictEqual(code, 1002);
    return undefined;
  },
  'delivers nothing after it was closed': async ({ transport, peer, settle, witness }) => {
    transport.close();
    peer.send('4too late');
    await settle();
    deepStrictEqual([witness.units, witness.closes.length], [[], 1]);
  },
  'delivers nothing after it was aborted': async ({ transport, peer, settle, witness }) => {
    peer.send('4too late');
    peer.sendVolatile?.(['4too late']);
    transport.abort();
    await settle();
    deepStrictEqual([witness.units, witness.volatile, witness.closes.length], [[], [], 1]);
  },
  'calls onClose once, however often it is ended': async ({ transport, settle, witness }) => {
    transport.close();
    transport.close();
    transport.abort();
    await settle();
    transport.abort();
    transport.close();
    await settle();
    strictEqual(witness.closes.length, 1);
  },
  'calls onClose once without an error when its peer closes': async ({ peer, settle, witness }) => {
    peer.send('4before');
    peer.close();
    await settle();
    deepStrictEqual([witness.units, witness.closes], [['4before'], [undefined]]);
  },
  'ends without an error when its peer sends no more and still reads': async ({ transport, peer, settle, witness }) => {
    if (!peer.closeHalf) return 'a connection has no half that closes alone';
    peer.send('4before');
    peer.closeHalf();
    await settle();
    deepStrictEqual([witness.units, witness.closes, transport.writable], [['4before'], [undefined], false]);
    ok(peer.isEnded, 'the other half of the connection stays open');
    return undefined;
  },
  'calls onClose once when its peer vanishes': async ({ transport, peer, settle, witness }) => {
    peer.vanish();
    await settle();
    if (!transport.carries.reliable && witness.closes.length === 0) return 'nobody tells: the heartbeat finds out';
    strictEqual(witness.closes.length, 1);
    ok(!transport.writable, 'is writable after its end');
    return undefined;
  },
  'ends at once and without a word when it is aborted': async ({ transport, peer, settle, witness }) => {
    transport.abort();
    await settle();
    deepStrictEqual([witness.closes.length, peer.isEnded, transport.writable], [1, true, false]);
  },
  'lets the connection go when it is retired': async ({ transport, peer, settle }) => {
    transport.handler = new Witness();
    transport.retire();
    await settle();
    ok(peer.isEnded, 'the connection of a retired transport is still there');
  },
};
