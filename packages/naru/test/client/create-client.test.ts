import { expect, test } from 'vitest';
import { createClient, createEngineClass } from '../../src/client/create-client.js';
import { EngineSocket } from '../../src/client/engine/engine.js';
import { Manager } from '../../src/client/socket/manager.js';
import { createFakeLink } from './fake-link.js';

test("gives the platform's parts to every class", () => {
  const link = createFakeLink();
  const client = createClient(link.platform);
  const Engine = createEngineClass(link.platform);
  const engine = new Engine('http://a', { transports: ['websocket'] });
  expect([engine.transport, engine.binaryType]).toEqual([link.last, 'nodebuffer']);
  expect(engine).toBeInstanceOf(EngineSocket);
  expect(Engine.protocol).toBe(4);
  const manager = new client.Manager('http://a');
  expect(manager.engine.transport).toBe(link.last);
  expect(manager).toBeInstanceOf(Manager);
  client.io('http://a', { forceNew: true, transports: ['websocket'] });
  expect(link.last.name).toBe('websocket');
});

test('gives clients of two platforms separate Managers', () => {
  const options = { autoConnect: false };
  const [a, b] = [createClient(createFakeLink().platform), createClient(createFakeLink().platform)];
  expect(a.io('http://a/x', options).io).not.toBe(b.io('http://a/y', options).io);
});
