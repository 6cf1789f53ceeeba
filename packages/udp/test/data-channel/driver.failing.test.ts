import { expect, it, vi } from 'vitest';
import { description } from '../../../../test/kit/fake-channels.js';
import { openChannelPort } from '../../src/data-channel/driver.js';

const failing = vi.hoisted(() => ({ isExhausted: false }));

/** A package whose channels look open, and have closed on another thread when the driver sends. */
vi.mock('node-datachannel', () => ({
  setSctpSettings: () => {},
  IceUdpMuxListener: class {
    stop() {}
  },
  PeerConnection: class {
    constructor() {
      if (failing.isExhausted) throw new Error('no more threads');
    }
    onDataChannel() {}
    onStateChange() {}
    setRemoteDescription() {}
    localDescription() {
      const { ufrag, pwd, fingerprint } = description;
      return { sdp: `a=ice-ufrag:${ufrag}\r\na=ice-pwd:${pwd}\r\na=fingerprint:sha-256 ${fingerprint}\r\n` };
    }
    createDataChannel() {
      return {
        onOpen() {},
        onClosed() {},
        onMessage() {},
        isOpen: () => true,
        bufferedAmount: () => 0,
        sendMessageBinary() {
          throw new Error('libdatachannel error: DataChannel is closed');
        },
      };
    }
    close() {}
  },
}));

const ignore = { onOpen: () => {}, onDatagram: () => {}, onMisuse: () => {}, onEnd: () => {} };

it('ends a channel that closes while it sends, and throws nothing', async () => {
  const port = await openChannelPort('127.0.0.1', 0);
  let endCount = 0;
  const onEnd = () => {
    endCount += 1;
  };
  const peer = port.open(description, { ...ignore, onEnd });
  peer.send(Buffer.from('lost'));
  expect(endCount).toBe(1);
});

it('says that a channel cannot be prepared when the package has no resources', async () => {
  const port = await openChannelPort('127.0.0.1', 0);
  failing.isExhausted = true;
  expect(() => port.open(description, ignore)).toThrow(expect.objectContaining({ code: 'CONNECT_FAILED' }));
});
