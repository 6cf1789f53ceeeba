import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { RequestTarget } from '../../../src/server/engine/attach.js';
import { leave, type OtherWorkers, routed, setOtherNodes } from '../../../src/server/links/other-nodes.js';

const OWN = 'ownownow';
const OTHER = 'otherone';

function makeTarget() {
  const calls: string[] = [];
  const target: RequestTarget = {
    handleRequest: ({ url }) => void calls.push(`here ${url}`),
    handleUpgrade: ({ url }) => void calls.push(`here upgrade ${url}`),
    takeUpgrade: ({ url }) => {
      calls.push(`here at once ${url}`);
      return true;
    },
  };
  const others: OtherWorkers = {
    has: (node) => node === OTHER,
    passRequest(node, { url }, _response, refuse) {
      calls.push(`${node} ${url}`);
      refuse();
    },
    passUpgrade(node, { url }, _socket, _head, refuse) {
      calls.push(`${node} upgrade ${url}`);
      refuse();
    },
    handOver(node, _socket, bytes) {
      calls.push(`${node} has ${bytes}`);
      return node === OTHER;
    },
  };
  const server = { node: OWN };
  const both = (url: string): string[] => {
    const request = { url, headers: {} } as IncomingMessage;
    const made = routed(server, () => target);
    made.handleRequest(request, {} as ServerResponse);
    made.handleUpgrade(request, {} as Duplex, Buffer.alloc(0));
    return calls.splice(0);
  };
  const take = (url: string): [isTaken: boolean | undefined, calls: string[]] => {
    const head = { url, text: `GET ${url}\xff`, fields: {} };
    const isTaken = routed(server, () => target).takeUpgrade?.(head, {} as Socket, Buffer.from(' rest'));
    return [isTaken, calls.splice(0)];
  };
  return { server, others, target, both, take };
}

describe('the header of the links', () => {
  const rawHeaders = ['Host', 'a', 'Naru-Client', '{}', 'naru-client', 'x'];
  const head = { url: '/', text: `GET / HTTP/1.1\r\nHost: a\r\nNARU-Client: {}\r\n\r\n`, fields: {} };

  it('is removed from what clients send, before anybody sees it', () => {
    const { server, others, target } = makeTarget();
    setOtherNodes(server, { workers: others });
    const made = routed(server, () => ({ ...target, takeStream: () => true }));
    for (const url of ['/', `/?sid=${'a'.repeat(20)}.${OTHER}`]) {
      const request = { url, headers: { host: 'a', 'naru-client': '{}' }, rawHeaders } as object as IncomingMessage;
      made.handleRequest(request, {} as ServerResponse);
      expect([request.headers, request.rawHeaders]).toEqual([{ host: 'a' }, ['Host', 'a']]);
      const upgrade = { url, headers: { host: 'a', 'naru-client': '{}' }, rawHeaders } as object as IncomingMessage;
      made.handleUpgrade(upgrade, {} as Duplex, Buffer.alloc(0));
      expect([upgrade.headers, upgrade.rawHeaders]).toEqual([{ host: 'a' }, ['Host', 'a']]);
    }
    expect(made.takeUpgrade?.(head, {} as Socket, Buffer.alloc(0))).toBe(false);
    expect(made.takeStream?.(head, {} as Socket)).toBe(false);
    expect(made.takeStream?.({ ...head, text: 'GET / HTTP/1.1\r\nHost: a\r\n\r\n' }, {} as Socket)).toBe(true);
  });

  it('is left alone where there are no links', () => {
    const { server, target } = makeTarget();
    const request = { url: '/', headers: { 'naru-client': '{}' }, rawHeaders } as object as IncomingMessage;
    const made = routed(server, () => target);
    made.handleRequest(request, {} as ServerResponse);
    expect(request.headers).toEqual({ 'naru-client': '{}' });
    expect(made.takeUpgrade?.(head, {} as Socket, Buffer.alloc(0))).toBe(true);
  });
});

describe('the route of a request', () => {
  it('leads to the node that its sid names, and back when that refuses', () => {
    const { server, others, both } = makeTarget();
    setOtherNodes(server, { workers: others });
    const url = `/socket.io/?EIO=4&transport=polling&sid=${'a'.repeat(20)}.${OTHER}`;
    expect(both(url)).toEqual([`${OTHER} ${url}`, `here ${url}`, `${OTHER} upgrade ${url}`, `here upgrade ${url}`]);
  });

  it.each([
    ['without a sid', ''],
    ['with an empty sid', 'sid='],
    ['of this node', `sid=${'a'.repeat(20)}.${OWN}`],
    ['whose sid names no node', `sid=${'a'.repeat(20)}`],
    ['whose sid names a path', `sid=${'a'.repeat(20)}.../../ab`],
    ['whose sid has an escaped path', `sid=${'a'.repeat(20)}.%2e%2e%2fabcde`],
  ])('of a request %s ends here', (_name, query) => {
    const { server, others, both } = makeTarget();
    setOtherNodes(server, { workers: others });
    const url = `/socket.io/?${query}`;
    expect(both(url)).toEqual([`here ${url}`, `here upgrade ${url}`]);
  });

  it('of a whole upgrade hands its connection over, with the bytes that were read', () => {
    const { server, others, take } = makeTarget();
    setOtherNodes(server, { workers: others });
    const [url, own, unknown] = [OTHER, OWN, 'whoisthe'].map((node) => `/?sid=${'a'.repeat(20)}.${node}`);
    expect(take(String(url))).toEqual([true, [`${OTHER} has GET ${url}\u{fffd} rest`]]);
    expect(take(String(own))).toEqual([true, [`here at once ${own}`]]);
    expect(take(String(unknown))[0]).toBe(false);
  });

  it('ends here for a server that knows no other nodes, or none any more', () => {
    const { server, others, both, take } = makeTarget();
    const url = `/socket.io/?sid=${'a'.repeat(20)}.${OTHER}`;
    const here = [`here ${url}`, `here upgrade ${url}`];
    expect(both(url)).toEqual(here);
    setOtherNodes(server, { workers: others });
    setOtherNodes(server, { workers: undefined });
    expect(both(url)).toEqual(here);
    expect(take(url)).toEqual([true, [`here at once ${url}`]]);
  });
});

describe('the connection of a client', () => {
  it('ends with the next answer once another worker takes the new ones', () => {
    const { server, others, target } = makeTarget();
    setOtherNodes(server, { workers: others });
    const made = routed(server, () => target);
    const answerTo = (url: string): boolean => {
      const response = { shouldKeepAlive: true } as ServerResponse;
      made.handleRequest({ url, headers: {} } as IncomingMessage, response);
      return response.shouldKeepAlive;
    };
    const urls = ['/', `/?sid=${'a'.repeat(20)}.${OTHER}`];
    expect(urls.map(answerTo)).toEqual([true, true]);
    leave(server);
    expect(urls.map(answerTo)).toEqual([false, false]);
  });
});
