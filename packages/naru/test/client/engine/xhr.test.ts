import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { EngineOptions } from '../../../src/client/engine/options.js';
import { XHR } from '../../../src/client/engine/xhr.js';

class FakeXhr {
  static readonly all: FakeXhr[] = [];
  readonly headers: Record<string, string> = {};
  method = '';
  uri = '';
  body: unknown;
  withCredentials: boolean | undefined;
  timeout = -1;
  readyState = 0;
  status = 0;
  responseText = '';
  isAborted = false;
  onreadystatechange: (() => void) | null = null;
  constructor() {
    FakeXhr.all.push(this);
  }
  open(method: string, uri: string): void {
    this.method = method;
    this.uri = uri;
  }
  setRequestHeader(name: string, value: string): void {
    this.headers[name] = value;
  }
  send(body: unknown): void {
    this.body = body;
  }
  abort(): void {
    this.isAborted = true;
    this.respond(0, '');
  }
  respond(status: number, text: string): void {
    Object.assign(this, { readyState: 4, status, responseText: text });
    this.onreadystatechange?.();
  }
}

beforeEach(() => {
  FakeXhr.all.length = 0;
  vi.stubGlobal('XMLHttpRequest', FakeXhr);
});

afterEach(() => {
  vi.unstubAllGlobals();
});

function start(options: EngineOptions = {}): XHR {
  return new XHR({ hostname: 'h', path: '/', timestampRequests: false, ...options, query: {} }).open();
}

test('sends GETs and POSTs with the request options', () => {
  const xhr = start({ withCredentials: true, requestTimeout: 5, extraHeaders: { 'x-a': 'b' } });
  const [get] = FakeXhr.all;
  expect(get).toMatchObject({
    method: 'GET',
    uri: 'http://h/',
    withCredentials: true,
    timeout: 5,
    headers: { 'x-a': 'b' },
  });
  get?.respond(200, '0{}');
  xhr.send([{ type: 'message', data: 'a' }]);
  const post = FakeXhr.all.find(({ method }) => method === 'POST');
  expect(post?.headers).toEqual({ 'x-a': 'b', 'content-type': 'text/plain;charset=UTF-8' });
  expect(post?.body).toBe('4a');
});

test('works without options', () => {
  start();
  expect(FakeXhr.all[0]).toMatchObject({ withCredentials: false, timeout: 0, headers: {} });
});

test('reports any status other than 200 as a failure, with the request in its context', () => {
  const error = vi.fn();
  start().on('error', error);
  FakeXhr.all[0]?.respond(400, 'no');
  expect(error.mock.calls[0]).toMatchObject([
    { message: expect.stringMatching(/^xhr poll error/), description: 400, context: FakeXhr.all[0] },
  ]);
});

test('does not report an aborted request as a failure', () => {
  const xhr = start();
  const error = vi.fn();
  xhr.on('error', error);
  xhr.close();
  expect([FakeXhr.all[0]?.isAborted, error.mock.calls.length]).toEqual([true, 0]);
});
