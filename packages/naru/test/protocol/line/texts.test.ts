import { describe, expect, it } from 'vitest';
import { GREETING, HTTP_ANSWER, helpLines, isHttpRequest } from '../../../src/protocol/line/texts.js';

describe('the texts for people', () => {
  it('name every command', () => {
    const help = [...GREETING, ...helpLines('message')].join('\n');
    for (const name of ['help', 'join', 'leave', 'rooms', 'to', 'in', 'auth', 'ack', 'ask', 'emit', 'json', 'quit'])
      expect(help).toContain(`/${name}`);
  });
});

describe('a browser', () => {
  it('is recognised by its first line, and answered in HTTP', () => {
    expect(['GET / HTTP/1.1', 'POST /a?b HTTP/1.0', 'OPTIONS * HTTP/1.1'].every(isHttpRequest)).toBe(true);
    expect(['GET / now', 'get / HTTP/1.1', 'hello', 'I GET / HTTP/1.1'].some(isHttpRequest)).toBe(false);
    const [head = '', body = ''] = HTTP_ANSWER.split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1\.1 400 /);
    expect(head).toContain(`Content-Length: ${body.length}`);
  });
});
