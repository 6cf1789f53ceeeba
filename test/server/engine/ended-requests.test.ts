import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { forgetHead, isGone } from '../../../src/server/engine/ended-requests.js';

describe('what is over', () => {
  it('is the head of a request over HTTP/1, of which nothing is left', () => {
    const request = { httpVersionMajor: 1, headers: { a: 'b' }, rawHeaders: ['a', 'b'] } as unknown as IncomingMessage;
    forgetHead(request);
    expect([request.headers, request.rawHeaders]).toEqual([{}, []]);
  });

  it('is left alone over HTTP/2, where it cannot be set', () => {
    const request = Object.freeze({ httpVersionMajor: 2, headers: { a: 'b' }, rawHeaders: ['a', 'b'] });
    forgetHead(request as unknown as IncomingMessage);
    expect(request.headers).toEqual({ a: 'b' });
  });

  it('is a response that is destroyed, or whose stream is', () => {
    const states = [{ destroyed: false }, { destroyed: true }, { destroyed: false, stream: null }];
    const streams = [true, false].map((destroyed) => ({ destroyed: false, stream: { destroyed } }));
    expect([...states, ...streams].map((state) => isGone(state as unknown as ServerResponse))).toEqual([
      false,
      true,
      false,
      true,
      false,
    ]);
  });
});
