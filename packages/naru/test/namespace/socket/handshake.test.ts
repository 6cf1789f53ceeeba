import { describe, expect, it } from 'vitest';
import { createHandshake } from '../../../src/namespace/socket/handshake.js';
import { HandshakeRequest } from '../../../src/session/handshake-request.js';
import { requestOf } from '../../session/request.js';

describe('createHandshake', () => {
  it('shows the contents of the request, also after the request is gone', () => {
    const kept = new HandshakeRequest(
      requestOf('/socket.io/?EIO=4&token=x', ['Origin', 'http://a.b', 'Cookie', 'c=1']),
    );
    kept.release();
    const auth = { user: 'u' };
    const handshake = createHandshake(kept, 1_700_000_000_000, auth);
    expect(handshake).toEqual({
      headers: { origin: 'http://a.b', cookie: 'c=1' },
      time: String(new Date(1_700_000_000_000)),
      address: '',
      xdomain: true,
      secure: false,
      issued: 1_700_000_000_000,
      url: '/socket.io/?EIO=4&token=x',
      query: { EIO: '4', token: 'x' },
      auth,
    });
  });

  it('treats a request without an origin as one of the same domain', () => {
    expect(createHandshake(new HandshakeRequest(requestOf('/')), 0, {}).xdomain).toBe(false);
  });
});
