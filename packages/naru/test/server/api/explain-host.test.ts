import { expect, it } from 'vitest';
import { nextSocket, openStage, openStream } from '../../../../../test/kit/clients/plain-events.js';
import { join, membersIn, stage } from '../../../../../test/kit/servers/test-server.js';
import type { Findings } from '../../../src/namespace/explain/findings.js';
import { openExplain } from '../../../src/server/api/explain-host.js';

it('gives the findings of this node, with its sockets as they are now', async () => {
  const server = stage({ connectionStateRecovery: {}, pingInterval: 10_000 });
  await join(server);
  const [member] = membersIn(server);
  const client = member?.id ?? '';
  server.io.of('/').sockets.get(client)?.join('room');
  server.io.emit('said');
  const { answers, missing } = await openExplain(server.io).ask({ client });
  expect([[...answers.keys()], missing]).toEqual([[server.io.node], []]);
  const [{ facts, live }] = [...answers.values()] as [Findings];
  expect(facts.map(({ type }) => type)).toEqual(['joined', 'room']);
  const extent = await openExplain(server.io).logOf('/')?.extent('/');
  expect(live).toMatchObject([{ namespace: '/', rooms: [client, 'room'], delivered: extent?.newest }]);
  expect(live[0]?.heardAt).toBeLessThanOrEqual(server.clock.now());
});

it('takes the heartbeat of a wire without pings for no answer of its client', async () => {
  const { io, url } = await openStage();
  const entered = nextSocket(io);
  await openStream(`${url}/events/room`);
  const { id: client } = await entered;
  const { answers } = await openExplain(io).ask({ client });
  const [{ live }] = [...answers.values()] as [Findings];
  expect(live).toMatchObject([{ heardAt: 0 }]);
});

it('knows the namespaces of the server, and the log of those that keep one', () => {
  const server = stage({ connectionStateRecovery: {}, withoutLog: ['/quiet'] });
  server.io.of('/quiet');
  const { namespaces, logOf } = openExplain(server.io);
  expect([...namespaces]).toEqual(['/', '/quiet']);
  expect([logOf('/') === undefined, logOf('/quiet')]).toEqual([false, undefined]);
});

it('needs a server of Naru that remembers', () => {
  expect(() => openExplain({ _nsps: new Map() })).toThrow('needs a server of Naru');
  const server = stage({ explain: false });
  expect(() => openExplain(server.io)).toThrow(expect.objectContaining({ code: 'WRONG_STATE' }));
});
