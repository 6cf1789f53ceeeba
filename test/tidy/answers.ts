/**
 * Checks that the code above the homes goes on with answers by one contract, whether they are there already or come
 * later.
 */
import { type Finding, finding, type Rule, walk } from './source.js';

/** The file that asks whether an answer is there, and the one that asks where the home of a log is. */
const ANSWERS = 'packages/naru/src/base/steps/answer.ts';
const HOMES = 'packages/naru/src/namespace/log/log-home.ts';
/** The context of a span of another process has a member of the same name. */
const SPANS = 'packages/traces/src/traceparent.ts';

/** Homes themselves, and the code below them. Test homes are homes, too. */
const below =
  /^packages\/(naru\/src\/(backplane|base|protocol|node-internals|transport)|broker|local|nats|net|redis|udp|webtransport|testing\/src\/late-home)\//;

/** Only one file above the homes asks whether an answer is there already, and only one where the home is. */
export const holdOneAnswer: Rule = (source) => {
  if (below.test(source.path) || source.path === ANSWERS) return [];
  const findings: Finding[] = [];
  const find = (offset: number, what: string, where: string): void =>
    void findings.push(finding(source, offset, `${what}: only ${where} asks that`));
  walk(source.program, (node) => {
    if (node.type === 'Identifier' && ['MaybePromise', 'whenResolved'].includes(node.name))
      find(node.start, node.name, ANSWERS);
    if (node.type === 'Identifier' && node.name === 'isRemote' && source.path !== HOMES && source.path !== SPANS)
      find(node.start, node.name, HOMES);
    if (node.type !== 'BinaryExpression') return;
    const isPromise =
      node.operator === 'instanceof' && node.right.type === 'Identifier' && node.right.name === 'Promise';
    const isThen = node.left.type === 'Literal' && node.operator === 'in' && node.left.value === 'then';
    if (isPromise || isThen) find(node.start, isThen ? "'then' in" : 'instanceof Promise', ANSWERS);
    const { left } = node;
    if (left.type === 'UnaryExpression' && left.operator === 'typeof' && isThenOf(left.argument))
      find(node.start, 'typeof then', ANSWERS);
  });
  return findings;
};

function isThenOf(node: { readonly type: string }): boolean {
  const { property } = node as { readonly property?: { readonly name?: string } };
  return node.type === 'MemberExpression' && property?.name === 'then';
}
