import { describe, expect, it } from 'vitest';
import { encodeBinaryFrame } from '../../../../test/kit/frames/stomp.js';
import { decodeUtf8 } from '../../../naru/src/base/bytes.js';
import { encodeFrame, encodeHead, encodeTextFrame } from '../../src/protocol/frame.js';

describe('frames', () => {
  it('consist of a command, headers, an empty line, a body and a NUL', () => {
    const headers = [['destination', '/queue/a'] as const];
    expect(encodeTextFrame('MESSAGE', headers, 'hé', '1.2')).toBe(
      'MESSAGE\ndestination:/queue/a\ncontent-length:3\n\nhé\0',
    );
    expect(encodeFrame('RECEIPT', [['receipt-id', '7']], '1.2')).toBe('RECEIPT\nreceipt-id:7\n\n\0');
  });

  it('carry bytes unchanged', () => {
    const frame = encodeBinaryFrame('MESSAGE', [], Uint8Array.of(0, 255, 10), '1.2');
    expect(decodeUtf8(frame.subarray(0, 26))).toBe('MESSAGE\ncontent-length:3\n\n');
    expect([...frame.subarray(26)]).toEqual([0, 255, 10, 0]);
  });

  it('have escaped headers, except before a version is agreed on', () => {
    expect(encodeHead('ERROR', [['message', 'a:b\nc']], '1.2')).toBe('ERROR\nmessage:a\\cb\\nc\n\n');
    expect(encodeHead('CONNECTED', [['server', 'a:b']], '1.2')).toBe('CONNECTED\nserver:a:b\n\n');
  });
});
