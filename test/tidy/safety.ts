/** Holds what the compiler cannot: no way around the types, errors of the three families, no silence about a failure. */
import { type Finding, finding, type Rule, walk } from './source.js';

/** The one file that may say `any`, once: event maps cannot be written without it. */
const anyAllowed = 'src/base/event-map.ts';

// In two parts, so that this file does not contain what it looks for.
const directive = new RegExp(`@ts-${'(ignore|nocheck|expect-error)'}`);

/** No `any`, no `!`, no directive that silences the compiler; outside types, tests may expect an error of the compiler. */
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

/** The families of src, and the few errors that an app has of its own. */
const homesOfErrors = /^(src\/base|apps\/\w+\/(server|shared|page))\/errors\.ts$/;

/**
 * Errors are of the families in errors.ts, or of a class that extends one of these. A bare TypeError is for where Node's own API
 * would throw one.
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

/** No catch is empty: a failure is passed on, reported, or answered; or a comment says why it means nothing. */
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
