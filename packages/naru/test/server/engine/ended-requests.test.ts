import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { forgetHead, isGone } from '../../../src/server/engine/ended-requests.js';

describe('an ended request', () => {
  it('has no head over HTTP/1', () => {
    const request = { httpVersionMajor: 1, headers: { a: 'b' }, rawHeaders: ['a', 'b'] } as unknown as IncomingMessage;
    forgetHead(request);
    expect([request.headers, request.rawHeaders]).toEqual([{}, []]);
  });

  it('keeps its head over HTTP/2, which does not let it be set', () => {
    const request = Object.freeze({ httpVersionMajor: 2, headers: { a: 'b' }, rawHeaders: ['a', 'b'] });
    forgetHead(request as unknown as IncomingMessage);
    expect(request.headers).toEqual({ a: 'b' });
  });

  it('has a response that is destroyed, or whose stream is', () => {
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
