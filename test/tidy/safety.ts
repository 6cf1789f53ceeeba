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

/** Errors are of the families in base/errors.ts, which alone defines classes of errors. */
export const holdErrors: Rule = (source) => {
  if (source.path === 'src/base/errors.ts') return [];
  const findings: Finding[] = [];
  walk(source.program, (node) => {
    const called = node.type === 'NewExpression' || node.type === 'CallExpression' ? node.callee : undefined;
    if (called?.type === 'Identifier' && /^(Type|Range|Syntax|Eval|URI|Aggregate)?Error$/.test(called.name)) {
      findings.push(finding(source, node.start, `bare ${called.name}; throw one of the families in base/errors.ts`));
    }
    if (
      (node.type === 'ClassDeclaration' || node.type === 'ClassExpression') &&
      node.superClass?.type === 'Identifier'
    ) {
      if (/Error$/.test(node.superClass.name))
        findings.push(finding(source, node.start, 'a class of errors outside base/errors.ts'));
    }
  });
  return findings;
};

/** No catch is empty: a failure is passed on, reported, or answered. */
export const holdCatches: Rule = (source) => {
  const findings: Finding[] = [];
  walk(source.program, (node) => {
    if (node.type === 'CatchClause' && node.body.body.length === 0)
      findings.push(finding(source, node.start, 'an empty catch'));
  });
  return findings;
};
