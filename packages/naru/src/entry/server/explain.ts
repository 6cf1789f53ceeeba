/** The entry `naru/server/explain`: the port by which a package explains what became of an event for a client. */
export { nameIn } from '../../namespace/event/outgoing-event.js';
export type { Room, SocketId } from '../../namespace/event/target.js';
export {
  type ExplainQuestion,
  type Findings,
  findHere,
  type LiveSocket,
  type SentEntry,
  type SocketEntry,
} from '../../namespace/explain/findings.js';
export type { Entry, SentFact, SocketFact } from '../../namespace/explain/journal.js';
export { chunksOf, WRITERS } from '../../namespace/explain/journal-writer.js';
export {
  type ExplainAnswers,
  type ExplainHost,
  type ExplainServer,
  openExplain,
} from '../../server/api/explain-host.js';
