/** A server as its engine sees it. */
import { isShared } from '../../backplane/shared.js';
import type { NamespaceContext } from '../../namespace/context.js';
import type { Session } from '../../session/session.js';
import type { EngineHost } from '../engine/engine-host.js';

/** Returns the host of the engine of a server. */
export function hostOf(
  server: { readonly node: string | undefined; onconnection(session: Session): unknown },
  { backplane, outbox, slowTable }: Pick<NamespaceContext, 'backplane' | 'outbox' | 'slowTable'>,
): EngineHost {
  // Nobody passes requests on between the servers of one process, so their sids stay short.
  const hasOthers = isShared(backplane);
  return {
    outbox,
    nodeCode: () => (hasOthers ? server.node : undefined),
    onSession: (session) => server.onconnection(session),
    slow: (limit) => slowTable.report(limit),
  };
}
