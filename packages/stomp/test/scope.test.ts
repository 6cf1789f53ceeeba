import { expect, it } from 'vitest';
import { Stage } from '../../../test/kit/clients/stomp-tester.js';
import { coreOf, type Namespace } from '../../naru/src/namespace/namespace.js';
import { endpointContextOf } from '../../naru/src/server/api/server.js';
import { StompScope } from '../src/scope.js';

it('is shared by all endpoints of a server, with one set of queues for each namespace', async () => {
  const stage = new Stage();
  stage.io.of('/chat');
  const { namespaces, settings } = endpointContextOf(stage.io);
  expect(StompScope.of(namespaces, stage.settings, settings.depthMax)).toBe(stage.scope);
  const [one, two, three] = ['/', '/', '/chat'].map((name) =>
    stage.scope.queuesOf(coreOf(stage.io.of(name) as object as Namespace)),
  );
  expect(one).toBe(two);
  expect(one).not.toBe(three);
  expect(new Stage().scope).not.toBe(stage.scope);
});
