import { expect, it } from 'vitest';
import { FakeClock } from '../../../../testing/src/fake-clock.js';
import { nobody } from '../../../src/server/engine/engine-host.js';
import { EngineServer } from '../../../src/server/engine/engine-server.js';

it('is nobody by default: no client of an engine alone reads slowly, and its sids name no node', () => {
  const clock = new FakeClock();
  expect(nobody(clock).nodeCode()).toBeUndefined();
  expect(new EngineServer({ clock }).slow()).toMatchObject({ count: 0, readers: [], totals: { droppedEvents: 0 } });
});

it('shares its outbox with an engine that is made for it, or given to it', () => {
  const host = nobody(new FakeClock());
  const engine = new EngineServer();
  expect(engine.outbox).not.toBe(host.outbox);
  engine.giveTo(host);
  expect(engine.outbox).toBe(host.outbox);
  expect(new EngineServer({}, engine.opts, host).outbox).toBe(host.outbox);
});
