import { expect, it } from 'vitest';
import { StompScope } from '../../../src/wires/stomp/scope.js';
import { Stage } from '../../kit/clients/stomp-tester.js';

it('is one for all permissions of a server, with one set of queues for each namespace', async () => {
  const stage = new Stage();
  stage.io.of('/chat');
  const { context, namespaces, settings } = stage.io.endpointContext();
  expect(StompScope.of(context, namespaces, settings.stomp, settings.depthMax)).toBe(stage.scope);
  const clients = await Promise.all(['/', '/', '/chat'].map((host) => stage.connect({ host })));
  const [one, two, three] = clients.map(({ connection: { socket } }) => socket && stage.scope.queuesOf(socket));
  expect(one).toBe(two);
  expect(one).not.toBe(three);
  expect(new Stage().scope).not.toBe(stage.scope);
});
