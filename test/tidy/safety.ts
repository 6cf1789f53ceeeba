/**
 * Checks rules that the compiler does not have: the types are not bypassed, errors belong to the three families, and
 * failures are not silent.
 */
import { type Finding, finding, type Rule, walk } from './source.js';

/** The one file that may use `any`, once: event maps cannot be written without it. */
const anyAllowed = 'packages/naru/src/base/event-map.ts';

// Joined from parts, so that this file does not match itself.
const directive = new RegExp(`@ts-${'(ignore|nocheck|expect-error)'}`);

/** No `any`, no `!`, and no directive that silences the compiler. Only tests of types may expect a compiler error. */
export const holdTypes: Rule = (source) => {
  const findings: Finding[] = [];
  let spared = source.path === anyAllowed ? 1 : 0;
  walk(source.program, (node) => {
    if (node.type === 'TSAnyKeyword' && spared-- <= 0) findings.push(finding(source, node.start, 'any'));
    if (node.type === 'TSNonNullExpression') findings.push(finding(source, node.start, 'non-null !'));
    if ('definite' in node && node.definite === true)
      findings.push(finding(source, node.start, 'definite assignment !'));
    if (node.type === 'TSEnumDeclaration') findings.push(finding(source, node.start, 'an enum does not erase'));
    if (node.type === 'TSParameterProperty')
      findings.push(finding(source, node.start, 'a parameter property does not erase'));
  });
  for (const { value, start } of source.comments) {
    const match = directive.exec(value);
    if (match === null || (match[1] === 'expect-error' && source.path.startsWith('test/types/'))) continue;
    findings.push(finding(source, start, match[0]));
  }
  return findings;
};

const native = /^(Type|Range|Syntax|Eval|URI|Aggregate)?Error$/;

/** The files with the error families of the core, and with the few errors of an app. */
const homesOfErrors = /^(packages\/naru\/src\/base|apps\/\w+\/(server|shared|page))\/errors\.ts$/;

/**
 * Errors belong to the families in errors.ts, or to a class that extends one of them. A plain TypeError is allowed in
 * places where Node's own API throws one.
 */
export const holdErrors: Rule = (source) => {
  const findings: Finding[] = [];
  walk(source.program, (node) => {
    const called = node.type === 'NewExpression' || node.type === 'CallExpression' ? node.callee : undefined;
    if (called?.type === 'Identifier' && called.name === 'Error') {
      findings.push(finding(source, node.start, 'bare Error; throw one that has a code'));
    }
    if (homesOfErrors.test(source.path) || !('superClass' in node)) return;
    if (node.superClass?.type === 'Identifier' && native.test(node.superClass.name)) {
      findings.push(finding(source, node.start, 'a family of errors outside errors.ts'));
    }
  });
  return findings;
};

/**
 * A catch is never empty: it passes the failure on, reports it or answers it, or a comment says why it can be ignored.
 */
export const holdCatches: Rule = (source) => {
  const findings: Finding[] = [];
  walk(source.program, (node) => {
    if (node.type !== 'CatchClause' || node.body.body.length > 0) return;
    const { start, end } = node.body;
    if (!source.comments.some((comment) => comment.start >= start && comment.end <= end))
      findings.push(finding(source, node.start, 'an empty catch'));
  });
  return findings;
};
