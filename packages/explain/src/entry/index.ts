/** The entry `@naru/explain`: says why a client did not get a message. */
export { type ExplainQuery, type Explanation, explain } from '../explain.js';
export type { ExplainedEvent, Verdict } from '../judge.js';
