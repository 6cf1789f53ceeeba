import { Server } from 'naru';
import { describe, expect, it, onTestFinished } from 'vitest';
import { protect } from '../src/protect.js';

const tokens = () => ({ user: '42', issuedAt: 0, expiresAt: 1 });

describe('protect', () => {
  it('guards a server once', async () => {
    const io = new Server();
    onTestFinished(() => io.close());
    protect(io, { tokens });
    expect(() => protect(io, { tokens })).toThrow('The server has a guard already. Call protect once.');
  });

  it('refuses other objects than servers of Naru, and options without tokens', () => {
    expect(() => protect({} as never, { tokens })).toThrow('A guard needs a server of Naru');
    const io = new Server();
    onTestFinished(() => io.close());
    for (const given of [undefined, null, {}]) expect(() => protect(io, given as never)).toThrow(/protect/);
  });

  it('leaves the server free to set its path later', () => {
    const io = new Server();
    onTestFinished(() => io.close());
    protect(io, { tokens });
    expect(io.path('/later').path()).toBe('/later');
  });
});
